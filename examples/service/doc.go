// Command service is a small HTTP service on surety, to be copied: it takes commands on orders,
// pay-later orders, entrustments, services, lines, quotas and funds, and answers in JSON.
//
//	go run ./examples/service -tokens examples/service/demo.json
//	go run ./examples/service -store postgres -dsn DSN -tokens FILE
//
// With SQLite the log is the file of -db, and its views are in a second file beside it. With
// PostgreSQL any number of instances serve the same orders.
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
//	GET  /orders/{id}/next
//	GET  /orders/{id}/timeline
//	GET  /pay-later/{id}
//	GET  /entrustments/{id}
//	GET  /services/{account}
//	GET  /lines/{account}/{currency}
//	GET  /quotas/{account}/{currency}
//	GET  /funds/{account}/{currency}
//	GET  /events
//	GET  /healthz
//	GET  /openapi.json
//
// GET /openapi.json is an OpenAPI 3.1 document of these paths. It is made from the table from which they
// are registered: see TestDocumentHasEveryRoute and TestAnswersValidate.
//
// A state is answered in the JSON that the library documents for it, with its version as ETag. A command
// whose event is the first of what it addresses is answered with 201 and a Location. The body of a
// command is the JSON of its type, such as {"mode":"online"} for draft. The caller who drafts or places
// an order chooses its id, a UUID of version 7. The actor comes from the bearer token alone: see
// Authenticate.
//
// If-Match and If-None-Match work as in RFC 9110, for reads and for commands: lists of tags, *, and weak
// tags, which an If-Match never matches. A command whose preconditions are not met is answered with
// 412, a read with 304 or 412. The key of a command is checked before: a retry gets its first answer.
//
// # Retries
//
// Every command comes with an Idempotency-Key of 1 to 200 bytes, as in draft-ietf-httpapi-idempotency-key-header. The
// same request with the same key is executed once, whichever instance it reaches; a retry gets the
// first answer with repeated set. Another request with the same key is answered with 422, as that
// draft demands. A refusal is not stored: a retry is decided again. Two callers never share a key.
//
// # Problems
//
// Errors are answered with problem details as in RFC 9457, whose type ends in
//
//   - #refused (409): a rule refuses the command. The members rule, text, command and phase name the
//     rule and the command; missing, earliest and deadline have what is missing and when the command
//     would be accepted, and field the field of the command that the rule speaks of, where there is one.
//     The texts are English or Chinese, by Accept-Language.
//   - #early (409): a report is about what is not recorded yet. Deliver it again, with the same key.
//   - #forbidden (403): the command is not for the caller's role, or the caller is not a party. The
//     members are those of #refused without a phase, and are the same whether what is addressed
//     exists or not; a read of what is not the caller's to see is a 404.
//   - #malformed (400): the members field and reason name the fault in the input.
//   - #version (412): the member version is the current version.
//   - #key-reused (422): the Idempotency-Key belongs to another request.
//   - #other-history (410): the log does not have the event of the Last-Event-ID, see Events.
//   - #unknown-outcome (503): the command may have been executed. Retry with the same key.
//   - #unavailable (503): the service cannot answer now. Retry, a command with the same key.
//
// Other problems have the type about:blank and are described by their status: 401, 404, 405, 408,
// 413, 415, 500.
//
// # Events
//
// GET /events is a stream of server-sent events. It begins with the next event, or after the
// Last-Event-ID; a client that resumes from the last id it received misses no event. An id is opaque: it
// has the position of the event and says which history of the log it is of. After a restore of an older
// state the client that has received more gets the problem #other-history and nothing of the other
// history: what it has received may not have happened, and it reads again what matters. The id of an
// earlier version is a position alone, which is taken as it is. The stream has the events of both products that the caller may see, with personal data
// masked as in a timeline; the platform gets those of everything else by type.
//
// # Another history
//
// An older backup that is restored under a running service, or a standby that lacked the end of the log
// and was promoted, puts the log on another history. The service finds that within a second, or with the
// next command: it executes nothing, ends its streams, logs an error that says what was remembered and
// what the log has, and ends with exit code 3. The desk's cache ends with it. Started again, it
// serves the log that is there, but for views that were built from the other one: it then ends in the
// same way, unless -rebuild-views lets it build them anew. Whether this log is the one to go on with is
// for an operator to decide, so a supervisor should not start it again by itself
// (RestartPreventExitStatus=3 of systemd). See TestRewind and
// TestRewindEndsTheProcess.
//
// # Three servers
//
//	go run ./examples/service -store postgres -durability replicated -tokens FILE -dsn \
//	  "host=a,b,c dbname=orders target_session_attrs=read-write connect_timeout=2"
//
// With -durability replicated a command is acknowledged when a synchronous standby of PostgreSQL has it too, and the
// service starts only on a server that waits for one. While that, or the primary, is away, commands are answered with
// 503 and retried by their clients. Once a standby is promoted the service goes on with it by itself. A primary from
// before that comes back is not used by a process that has worked with the new one. If the standby lacked what
// was acknowledged, see above.
//
// # Health
//
// GET /healthz is 200 if an append to the log would pass and the board follows it, and 503 otherwise, within
// two seconds. The member log is up; down if the log cannot be read; read-only if an append would fail or wait: for
// the lock of another process, a standby, or a server or disk that takes writes; or forked. Nothing is written
// to the log to find that out. The full disk of the tables of PostgreSQL does not show.
//
// See TestThreeNodes, TestAppendsFail, TestLoad for two instances under load, and TestTerminatedMidLoad for the
// state after SIGTERM.
package main
