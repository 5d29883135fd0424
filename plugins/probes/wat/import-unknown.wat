;; Imports an interface that no host has.
(component
  (import "remit:workspace/shells@0.1.0" (instance
    (export "execute" (func (param "command" string)))))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
