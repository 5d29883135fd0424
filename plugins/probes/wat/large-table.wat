;; Grows a table for as long as the host lets it.
(component
  (import "remit:workspace/model@0.1.0" (instance $model
    (type $failure-record (record (field "code" string) (field "message" string)))
    (export "failure" (type (eq $failure-record)))))
  (alias export $model "failure" (type $failure))
  (import "remit:workspace/scopes@0.1.0" (instance $scopes
    (export "scope" (type (sub resource)))))
  (alias export $scopes "scope" (type $scope))
  (core func $drop (canon resource.drop $scope))
  (core module $guest
    (import "host" "drop" (func $drop (param i32)))
    (memory (export "memory") 1)
    (table $table 1 funcref)
    (func (export "run") (param i32) (result i32)
      (loop $more
        (br_if $more
          (i32.ne (table.grow $table (ref.null func) (i32.const 10000)) (i32.const -1))))
      (call $drop (local.get 0))
      (i32.const 16)))
  (core instance $guest (instantiate $guest (with "host" (instance (export "drop" (func $drop))))))
  (func (export "run") (param "root" (borrow $scope)) (result (result (error $failure)))
    (canon lift (core func $guest "run") (memory (core memory $guest "memory")))))
