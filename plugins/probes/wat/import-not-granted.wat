;; Imports the interface of a right without which it cannot do, and of which nothing is granted.
(component
  (import "remit:workspace/archives@0.1.0" (instance
    (export "archival" (type (sub resource)))))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
