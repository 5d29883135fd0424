;; Imports a function that the interface does not have.
(component
  (import "remit:workspace/notes@0.1.0" (instance
    (export "erase-log" (func))))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
