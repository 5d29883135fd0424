;; Imports WASI: the host links none.
(component
  (import "wasi:cli/environment@0.2.6" (instance
    (export "initial-cwd" (func (result (option string))))))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
