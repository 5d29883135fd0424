;; Ends without giving back the scope that it was lent.
(component
  (import "remit:workspace/model@0.1.0" (instance $model
    (type $failure-record (record (field "code" string) (field "message" string)))
    (export "failure" (type (eq $failure-record)))))
  (alias export $model "failure" (type $failure))
  (import "remit:workspace/scopes@0.1.0" (instance $scopes
    (export "scope" (type (sub resource)))))
  (alias export $scopes "scope" (type $scope))
  (core module $guest
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (i32.const 16)))
  (core instance $guest (instantiate $guest))
  (func (export "run") (param "root" (borrow $scope)) (result (result (error $failure)))
    (canon lift (core func $guest "run") (memory (core memory $guest "memory")))))
