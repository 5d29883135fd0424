;; Imports the interface of a right for which its manifest does not ask.
(component
  (import "remit:workspace/archives@0.1.0" (instance
    (export "archival" (type (sub resource)))))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
