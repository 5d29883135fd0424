;; Imports an interface of a newer host.
(component
  (import "remit:workspace/notes@0.2.0" (instance
    (export "note" (func (param "message" string)))))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
