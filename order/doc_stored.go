// # Stored format
//
// The streams are order-ID, and the events are
//
//	order.drafted {"seller":"acme","seller_email":"sales@acme.example","mode":"attachment","drafted_at":"2025-06-30T12:00:00.123456789Z"}
//	order.buyer-entered {"email":"buyer@example.com","name":"Jane Doe"}
//	order.buyer-matched {"email":"buyer@example.com","account":"b-1029","registered":true}
//	order.contract-attached {"party":"buyer","file_name":"合同.pdf","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","size":1099511627776}
//	order.terms-set {"terms":{"total":"6000.00 USD","initial":"2000.50 USD","items":[{"name":"台灯 <LED> & \"shade\"","hs_code":"9405210090","quantity":"12.5","unit":"pc","price":"480","amount":"6000.00 USD"}],"ship_by":{"days":10,"after":"balance"},"trade_term":"FOB Ningbo"},"revision":3}
//	order.transport-set {"mode":"sea"}
//	order.coverage-chosen {"coverage":"pre-shipment","revision":4}
//	order.submitted {"account":"RA-1","link":"/orders/0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","revision":4,"confirm_by":"2025-06-30T12:00:00.123456789Z"}
//	order.hold-placed {"need":"2000.50 USD","amount":"0.01 USD"}
//	order.hold-released {"amount":"0.01 USD","cause":"shipped"}
//	order.confirmed {"account":"b-1029","terms":4,"pay_by":"2025-06-30T12:00:00.123456789Z"}
//	order.payment-initiated {"payment":"P1","method":"tt","amount":"1980.00 USD","bank_country":"US","notice_until":"2025-06-30T12:00:00.123456789Z"}
//	order.payment-received {"reference":"TT-2025.001","method":"tt","payment":"P1","account":"RA-1","amount":"1980.00 USD","applied":"1900.00 USD","unapplied":"80.00 USD","payer":"JANE DOE","paid_at":"2025-06-30T12:00:00.123456789Z","fee":"15.00 USD","needs_review":true}
//	order.payment-failed {"payment":"P1","reason":"declined"}
//	order.unapplied-applied {"amount":"80.00 USD","reviewed":"79.99 USD"}
//	order.shortfall-accepted {"amount":"20.50 USD"}
//	order.funded {}
//	order.entrustment-linked {"entrustment":"OT-1","released_at":"2025-06-30T12:00:00.123456789Z"}
//	order.entrustment-unlinked {"entrustment":"OT-1","cause":"closed"}
//	order.entrustment-released {"entrustment":"OT-1","released_at":"2025-06-30T12:00:00.123456789Z"}
//	order.shipped {"shipped_at":"2025-06-30T12:00:00.123456789Z","receipt_deadline":"2025-07-15T12:00:00.123456789Z","agreed":"2025-06-30T12:00:00.123456789Z","late":true}
//	order.receipt-confirmed {"by":"system"}
//	order.completed {}
//	order.reviewed {"rating":5,"text":"好 & quick"}
//	order.closed {"reason":"expired"}
//	order.drafted {"seller":"acme","mode":"online","drafted_at":"2025-01-01T00:00:00Z"}
//	order.buyer-matched {"email":"buyer@example.com","registered":false}
//	order.contract-attached {"party":"seller","file_name":"contract.pdf","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","size":1}
//	order.terms-set {"terms":{"total":"1000000 JPY","initial":"1 JPY","ship_by":{"date":"2025-03-31"}},"revision":1}
//	order.transport-set {"mode":"air"}
//	order.transport-set {"mode":"land"}
//	order.coverage-chosen {"coverage":"none","revision":1}
//	order.coverage-chosen {"coverage":"post-delivery","revision":2}
//	order.hold-released {"amount":"1.250 KWD","cause":"received"}
//	order.hold-released {"amount":"6000.00 USD","cause":"closed"}
//	order.hold-released {"amount":"6000.00 USD","cause":"uncovered"}
//	order.payment-initiated {"payment":"P1","method":"card","amount":"0.01 USD"}
//	order.payment-initiated {"payment":"P2","method":"e-check","amount":"2000.00 USD","bank_country":"US"}
//	order.payment-received {"reference":"R1","method":"card","payment":"P1","amount":"2000.00 USD","applied":"2000.00 USD","unapplied":"0.00 USD","paid_at":"2025-01-01T00:00:00Z"}
//	order.unapplied-applied {"amount":"500.00 USD"}
//	order.entrustment-linked {"entrustment":"OT-2"}
//	order.entrustment-unlinked {"entrustment":"OT-1","cause":"unlinked"}
//	order.entrustment-unlinked {"entrustment":"OT-1","cause":"cancelled"}
//	order.shipped {"shipped_at":"2025-01-01T00:00:00Z","receipt_deadline":"2025-01-16T00:00:00Z"}
//	order.receipt-confirmed {"by":"buyer"}
//	order.reviewed {"rating":1}
//	order.closed {"reason":"cancelled"}
//	order.hold-adjusted {"from":"2000.50 USD","to":"3000.00 USD"}
//	order.terms-modified {"terms":{"total":"6000.00 USD","initial":"2000.50 USD","items":[{"name":"台灯 <LED> & \"shade\"","hs_code":"9405210090","quantity":"12.5","unit":"pc","price":"480","amount":"6000.00 USD"}],"ship_by":{"days":10,"after":"balance"},"trade_term":"FOB Ningbo"},"coverage":"post-delivery","buyer_name":"Jane Doe","changes":["total","ship_by"],"revision":5,"confirm_by":"2025-06-30T12:00:00.123456789Z"}
//	order.change-proposed {"proposal":1,"terms":{"total":"6000.00 USD","initial":"2000.50 USD","items":[{"name":"台灯 <LED> & \"shade\"","hs_code":"9405210090","quantity":"12.5","unit":"pc","price":"480","amount":"6000.00 USD"}],"ship_by":{"days":10,"after":"balance"},"trade_term":"FOB Ningbo"},"coverage":"none","changes":["coverage"]}
//	order.change-accepted {"proposal":1,"terms":{"total":"6000.00 USD","initial":"2000.50 USD","items":[{"name":"台灯 <LED> & \"shade\"","hs_code":"9405210090","quantity":"12.5","unit":"pc","price":"480","amount":"6000.00 USD"}],"ship_by":{"days":10,"after":"balance"},"trade_term":"FOB Ningbo"},"coverage":"none","revision":6}
//	order.change-rejected {"proposal":2}
//	order.receipt-extended {"by":"seller","receipt_deadline":"2025-06-30T12:00:00.123456789Z"}
//	order.review-edited {"rating":4,"text":"still 好"}
//	order.review-replied {"text":"thank you"}
//	order.dispute-opened {"number":1,"ground":"late-shipment","claimed":"2000.00 USD","text":"three weeks\nlate","escalate_from":"2025-07-03T12:00:00.123456789Z","escalate_by":"2025-07-06T12:00:00.123456789Z"}
//	order.dispute-withdrawn {"receipt_deadline":"2025-06-30T12:00:00.123456789Z"}
//	order.dispute-escalated {"by":"system"}
//	order.settlement-proposed {"proposal":1,"by":"buyer","refund":"500.00 USD"}
//	order.settlement-accepted {"proposal":1,"receipt_deadline":"2025-06-30T12:00:00.123456789Z"}
//	order.arbitrated {"refund":"500.00 USD","compensation":"1000.00 USD","text":"the goods are late","receipt_deadline":"2025-06-30T12:00:00.123456789Z"}
//	order.claim-posted {"amount":"1000.00 USD","released":"1000.50 USD"}
//	order.refund-made {"amount":"500.00 USD","cause":"settlement"}
//	order.unapplied-returned {"amount":"80.00 USD","reviewed":"79.99 USD"}
//	order.payment-reversed {"reference":"C-1","amount":"2100.00 USD","applied":"2000.00 USD","unapplied":"100.00 USD","reviewed":"0.01 USD"}
//	order.chargeback-resolved {"reference":"C-1","won":true,"applied":"1900.00 USD","unapplied":"200.00 USD","reviewed":"0.01 USD","receipt_deadline":"2025-06-30T12:00:00.123456789Z"}
//	order.terms-modified {"terms":{"total":"10.00 USD","initial":"10.00 USD"},"coverage":"none","buyer_name":"Jane Doe","changes":["buyer_name"],"revision":2,"confirm_by":"2025-01-01T00:00:00Z"}
//	order.receipt-extended {"by":"buyer","receipt_deadline":"2025-01-01T00:00:00Z"}
//	order.review-edited {"rating":1}
//	order.dispute-opened {"number":2,"ground":"quality","claimed":"0.01 USD","escalate_from":"2025-01-01T00:00:00Z","escalate_by":"2025-01-01T00:00:00Z"}
//	order.dispute-opened {"number":3,"ground":"other","claimed":"0.01 USD","escalate_from":"2025-01-01T00:00:00Z","escalate_by":"2025-01-01T00:00:00Z"}
//	order.dispute-withdrawn {}
//	order.dispute-escalated {"by":"seller"}
//	order.settlement-accepted {"proposal":2}
//	order.arbitrated {}
//	order.arbitrated {"refund":"1.00 USD"}
//	order.arbitrated {"compensation":"1.00 USD"}
//	order.claim-posted {"amount":"2000.00 USD","released":"0.00 USD"}
//	order.refund-made {"amount":"1.00 USD","cause":"agreed"}
//	order.refund-made {"amount":"1.00 USD","cause":"ruled"}
//	order.unapplied-returned {"amount":"100.00 USD"}
//	order.payment-reversed {"reference":"C-2","amount":"5.00 USD","applied":"0.00 USD","unapplied":"5.00 USD"}
//	order.chargeback-resolved {"reference":"C-2","won":false}
//	order.closed {"reason":"refunded"}
//	order.payment-initiated {"payment":"P1","method":"e-check","amount":"1980.00 USD","bank_country":"US","notice_until":"2025-07-14T12:00:00.123456789Z","reference":"E 1/2","reviewed":"80.00 USD","moved":{"applied":"-1900.00 USD","unapplied":"80.00 USD","reviewed":"79.99 USD","shortfall":"20.00 USD"},"cases":{"taken":"2100.00 USD","lost":"2000.00 USD","excess":"100.00 USD","open":1}}
//	order.payment-received {"reference":"TT/2025: 001","method":"tt","payment":"P1","account":"RA-1","amount":"1980.00 USD","applied":"1800.00 USD","unapplied":"80.00 USD","payer":"JANE DOE","paid_at":"2025-06-30T12:00:00.123456789Z","fee":"15.00 USD","needs_review":true,"reversed":"100.00 USD","own_stream":true}
//	order.unapplied-applied {"amount":"80.00 USD","reviewed":"79.99 USD","reference":"TT/2025: 001","method":"tt","moved":{"applied":"-1900.00 USD","unapplied":"80.00 USD","reviewed":"79.99 USD","shortfall":"20.00 USD"},"cases":{"taken":"2100.00 USD","lost":"2000.00 USD","excess":"100.00 USD","open":1}}
//	order.unapplied-returned {"amount":"80.00 USD","reviewed":"80.00 USD","reference":"TT/2025: 001","method":"tt"}
//	order.terms-modified {"terms":{"total":"6000.00 USD","initial":"2000.50 USD","items":[{"name":"台灯 <LED> & \"shade\"","hs_code":"9405210090","quantity":"12.5","unit":"pc","price":"480","amount":"6000.00 USD"}],"ship_by":{"days":10,"after":"balance"},"trade_term":"FOB Ningbo"},"coverage":"post-delivery","buyer_name":"Jane Doe","changes":["total","ship_by"],"revision":5,"confirm_by":"2025-06-30T12:00:00.123456789Z","shortfall_void":true}
//	order.dispute-withdrawn {"receipt_deadline":"2025-06-30T12:00:00.123456789Z","pay_by":"2025-06-30T12:00:00.123456789Z","confirm_by":"2025-06-30T12:00:00.123456789Z"}
//	order.settlement-accepted {"proposal":1,"receipt_deadline":"2025-06-30T12:00:00.123456789Z","pay_by":"2025-06-30T12:00:00.123456789Z","confirm_by":"2025-06-30T12:00:00.123456789Z"}
//	order.arbitrated {"refund":"500.00 USD","compensation":"1000.00 USD","text":"the goods are late","receipt_deadline":"2025-06-30T12:00:00.123456789Z","pay_by":"2025-06-30T12:00:00.123456789Z","confirm_by":"2025-06-30T12:00:00.123456789Z"}
//	order.payment-reversed {"reference":"C-1","method":"card","amount":"2100.00 USD","applied":"2000.00 USD","unapplied":"100.00 USD","reviewed":"0.01 USD","case":"case 1/2","claimed":"2200.00 USD","at":"2025-06-30T12:00:00.123456789Z","shortfall":"0.02 USD","cases":{"taken":"2100.00 USD","lost":"2000.00 USD","excess":"100.00 USD","open":1}}
//	order.chargeback-resolved {"reference":"C-1","method":"card","won":true,"applied":"1900.00 USD","unapplied":"200.00 USD","reviewed":"0.01 USD","receipt_deadline":"2025-06-30T12:00:00.123456789Z","pay_by":"2025-06-30T12:00:00.123456789Z","confirm_by":"2025-06-30T12:00:00.123456789Z","case":"case 1/2","at":"2025-06-30T12:00:00.123456789Z","shortfall":"0.02 USD","cases":{"taken":"2100.00 USD","lost":"2000.00 USD","excess":"100.00 USD","open":1}}
//	order.unfunded {"pay_by":"2025-06-30T12:00:00.123456789Z"}
//	order.transfer-reversed {"reference":"TT/2025: 001","method":"tt","amount":"1980.00 USD","applied":"1900.00 USD","unapplied":"80.00 USD","reviewed":"79.99 USD","case":"recall 1","claimed":"1980.00 USD","at":"2025-06-30T12:00:00.123456789Z","shortfall":"0.02 USD","cases":{"taken":"2100.00 USD","lost":"2000.00 USD","excess":"100.00 USD","open":1}}
//	order.payment-voided {"reference":"TT/2025: 001","method":"tt","amount":"1980.00 USD","moved":{"applied":"-1900.00 USD","unapplied":"80.00 USD","reviewed":"79.99 USD","shortfall":"20.00 USD"},"cases":{"taken":"2100.00 USD","lost":"2000.00 USD","excess":"100.00 USD","open":1},"receipt_deadline":"2025-06-30T12:00:00.123456789Z","pay_by":"2025-06-30T12:00:00.123456789Z","confirm_by":"2025-06-30T12:00:00.123456789Z"}
//	order.payment-initiated {"payment":"P1","method":"card","amount":"0.01 USD","notice_until":"2025-01-01T00:00:00Z"}
//	order.payment-received {"reference":"R1","method":"card","payment":"P1","amount":"2000.00 USD","applied":"2000.00 USD","unapplied":"0.00 USD","paid_at":"2025-01-01T00:00:00Z","own_stream":true}
//	order.unapplied-applied {"amount":"80.00 USD","reviewed":"80.00 USD","reference":"R1","method":"card","cases":{"taken":"0.00 USD","lost":"0.00 USD","excess":"0.00 USD","open":0}}
//	order.payment-reversed {"reference":"R1","method":"card","amount":"2000.00 USD","applied":"2000.00 USD","unapplied":"0.00 USD","case":"case-1","at":"2025-01-01T00:00:00Z","cases":{"taken":"2000.00 USD","lost":"0.00 USD","excess":"0.00 USD","open":1}}
//	order.chargeback-resolved {"reference":"R1","method":"card","won":true,"applied":"2000.00 USD","case":"case-1","at":"2025-01-01T00:00:00Z","cases":{"taken":"0.00 USD","lost":"0.00 USD","excess":"0.00 USD","open":0}}
//	order.payment-voided {"reference":"R1","method":"card","amount":"2000.00 USD","cases":{"taken":"0.00 USD","lost":"0.00 USD","excess":"0.00 USD","open":0}}
package order
