// Package payment keeps a payment that came in unique over the whole store, and what banks take back
// of it: a payment belongs to one order (D65). Each payment is a small stream of its own, so that an
// order does not have to keep the payments that it received one by one (D15).
//
// A T/T credit is known by receiving account and reference, any other payment by method and
// reference, that of a pay-later order by the method Charge; Key makes the name of the stream from
// them. The stream knows the order, the method, the amount, the cases (D24) and, while the payment is
// under review, how much of its money waits, was returned or was reversed. What a report does to the
// money of the order is decided there: see package order.
//
// The commands are those of the desk, which issues them in the commit of the order's command that
// names the payment. See TestRule.
//
// # Stored format
//
// The streams are payment-HASH, and payment-adopted for the mark of [Adoption]. The events are
//
//	payment.recorded {"order":"019342c8-5a00-7000-8000-000000000001","method":"tt","account":"RA-1","reference":"0001","amount":"2000.00 USD","review":true,"returned":"500.00 USD","reversed":"100.00 USD","cases":[{"name":"case 1/2","amount":"100.00 USD","opened_at":"2025-03-10T12:00:00Z","status":"won","at":"2025-03-10T13:00:00Z"}]}
//	payment.recorded {"order":"019342c8-5a00-7000-8000-000000000001","method":"card","reference":"CH 1/2","amount":"2000.00 USD"}
//	payment.recorded {"order":"019342c8-5a00-7000-8000-000000000001","method":"charge","reference":"CH-1","amount":"50.00 USD"}
//	payment.applied {}
//	payment.taken {"case":"a","amount":"100.00 USD","at":"2025-03-10T12:00:00Z"}
//	payment.taken {"case":"recall 1","at":"2025-03-10T12:00:00Z"}
//	payment.resolved {"case":"a","won":true,"at":"2025-03-10T12:00:00Z"}
//	payment.resolved {"case":"a","won":false,"at":"2025-03-10T12:00:00Z"}
//	payment.returned {"amount":"500.00 USD"}
//	payment.voided {}
//	payment.all-adopted {}
package payment
