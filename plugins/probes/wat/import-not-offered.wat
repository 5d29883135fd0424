;; A scanner that imports what only workflows are offered.
(component
  (import "remit:workspace/scopes@0.1.0" (instance
    (export "scope" (type (sub resource)))))
  (core module $guest (func (export "scan")))
  (core instance $guest (instantiate $guest))
  (func (export "scan") (canon lift (core func $guest "scan"))))
