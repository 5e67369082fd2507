// Command service is a small HTTP service on surety, to be copied: orders, pay-later orders,
// entrustments, services, lines, quotas and funds, taken as commands and answered in JSON.
//
//	go run ./examples/service -tokens examples/service/demo.json
//	go run ./examples/service -store postgres -dsn DSN -tokens FILE
//
// With SQLite the log is the file of -db and its views are in another beside it. With PostgreSQL
// any number of instances serve the same orders.
//
// # Paths
//
//	POST /orders/{id}/commands/{command}
//	POST /pay-later/{id}/commands/{command}
//	POST /entrustments/{id}/commands/{command}
//	POST /services/{account}/commands/{command}
//	POST /lines/{account}/{currency}/commands/{command}
//	POST /quotas/{account}/{currency}/commands/{command}
//	POST /funds/{account}/{currency}/commands/{command}
//	GET  /orders?seller=&buyer=&phase=&status=&due_before=&by_deadline=&limit=&after=&wait=
//	GET  /orders/{id}
//	GET  /orders/{id}/timeline
//	GET  /events
//	GET  /healthz
//
// The body of a command is the JSON of its type, such as {"mode":"online"} for draft. Whoever
// drafts or places an order chooses its id, a UUID of version 7. Who asks is told by the bearer
// token and by nothing else: see Authenticate.
//
// # Asking again
//
// Every command comes with an Idempotency-Key, as draft-ietf-httpapi-idempotency-key-header has
// it. The same request with the same key is carried out once, whichever instance it reaches, and
// is answered with what came of it then and repeated set; another request with the same key is
// answered with 422, as that draft asks. A refusal is not kept: asked again, it is decided again.
// Two callers never share a key.
//
// An If-Match with the version of an ETag, or of an earlier answer, has a command refused with
// 412 when somebody else was first.
//
// # Problems
//
// What goes wrong is answered as RFC 9457 has it, by a problem whose type ends in
//
//   - #refused (409): the rule book says no. The members rule, text, command and phase say which
//     rule and of what; missing, earliest and deadline what would help, where it is known. The
//     texts are English or Chinese, by Accept-Language.
//   - #malformed (400): the members field and reason say what is wrong with the input.
//   - #version (412): the member version is the one that is.
//   - #key-reused (422): the Idempotency-Key belongs to another request.
//   - #unknown-outcome (503): the command may have been carried out. Ask again with the same key.
//   - #unavailable (503): not now. Ask again, a command with the same key.
//
// and otherwise is about:blank, whose status says all: 401, 404, 405, 408, 413, 415, 500.
//
// # Events
//
// GET /events is a stream of server-sent events, whose ids are positions of the log. It begins
// with what happens next, or after the Last-Event-ID, and a client that goes on from the last id
// it was sent misses nothing. Personal data is masked, there as in a timeline.
//
// See TestLoad for two instances under load, and TestTerminatedMidLoad for what SIGTERM leaves.
package main
