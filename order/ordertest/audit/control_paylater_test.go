package audit_test

// frozen is a freeze of the shop's line for a reason that needs no order.
var frozen = more("credit.line-opened", "", by(byPlatform, "freeze"), "credit.frozen", `{"reason":"other","ref":"audit"}`)

// ofSales are faults in what a pay-later order, the line of its merchant and the merchant's funds
// say of the same thing.
var ofSales = []control{
	{"I2", drop("credit.line-opened", "")},
	{"I17", drop("credit.quota-deducted", o(11))},
	{"I17", put("credit.quota-deducted", o(11), "1000.00", "1.00")},
	{"I17", drop("credit.quota-restored", `"paid"`)},
	{"I17", put("credit.quota-restored", `"paid"`, "900.00", "1.00")},
	{"I17", parted("credit.quota-restored", `"paid"`)},
	{"I31", put("credit.quota-restored", `"paid"`, `"paid"`, `"returned"`)},
	{"I20", put("funds.credited", o(11), "900.00", "1.00")},
	{"I20", parted("funds.credited", o(11))},
	{"I8", drop("paylater.paid", "rest-11")},
	{"I20", again("paylater.paid", "rest-11")},
	{"I20", put("paylater.instalment-paid", "part-11", "part-11", "")},
	{"I20", put("paylater.paid", "rest-11", "rest-11", "part-11")},
	{"I31", drop("funds.debited", o(12))},
	{"I31", put("funds.debited", o(12), "2000.00", "1999.00")},
	{"D49", drop("paylater.refund-made", o(12))},
	{"D49", put("paylater.returned", o(14), `"paid_back":"0.00 CNY"`, `"paid_back":"0.00 CNY","overdue":true`)},
	{"D52", put("credit.quota-consumed", o(16), `"amount":"600.00`, `"amount":"1.00`)},
	{"D52", put("paylater.written-off", o(16), `"consumed":"600.00`, `"consumed":"1.00`)},
	{"D53", drop("credit.overdue-noted", o(15))},
	{"D53", put("credit.quota-restored", o(15), `,"overdue":true`, "")},
	{"D55", frozen},
	{"I24", all(drop("credit.limit-raised", ""), frozen)},
	{"I23", drop("funds.withdrawal-requested", "W1")},
	{"I23", put("funds.withdrawal-requested", "W2", `"fee":"0.20`, `"fee":"0.21`)},
	{"I22", put("funds.charge-paid", "C1", "50.00", "5000.00")},
	{"I22", put("funds.credited", o(11), `"repaid":"0.00`, `"repaid":"1.00`)},
	{"I22", put("funds.credited", o(18), `"repaid":"50.00`, `"repaid":"0.00`)},
	{"I22", put("funds.debited", o(17), `"debt":"350.00`, `"debt":"349.00`)},
	{"I23", put("funds.withdrawal-failed", "W3", `"repaid":"300.00`, `"repaid":"0.00`)},
	{"I20", put("funds.credited", o(11), o(11), o(19))},

	// the order itself
	{"I8", put("paylater.placed", o(11), `"buyer":"b-shopper"`, `"buyer":"b-other"`)},
	{"I8", put("paylater.receipt-confirmed", o(11), `"by":"buyer"`, `"by":"system"`)},
	{"I32", put("paylater.placed", o(11), "1000.00", "0.00")},
	{"B19", again("paylater.fake-flagged", o(13))},
	{"D36", put("paylater.placed", o(11), "m-shop", "b-shopper")},
	{"D46", put("paylater.shipped", o(11), "2025-03-22", "2025-03-23")},
	{"D46", again("paylater.receipt-extended", o(11))},
	{"D46", again("paylater.after-sales-opened", o(11))},
	{"D46", again("paylater.after-sales-closed", o(11))},
	{"D46", put("paylater.after-sales-closed", o(11), "03:00:00", "02:00:00")},
	{"D47", moves("paylater.charge-requested", o(15), -1)},
	{"D47", again("paylater.charge-requested", o(15))},
	{"D47", put("paylater.charge-requested", o(15), "600.00", "599.00")},
	{"D47", again("paylater.charge-failed", o(15))},
	{"D47", put("paylater.marked-overdue", o(15), "600.00", "599.00")},
	{"D49", put("paylater.amount-lowered", o(11), `"restored":"100.00`, `"restored":"99.00`)},

	// the line
	{"I2", again("credit.line-opened", "")},
	{"B21", again("credit.assessment-requested", "more orders")},
	{"B21", drop("credit.assessment-requested", "{}")},
	{"B21", asks("credit.assessment-requested", "more orders", "s-acme", "m-shop")},
	{"I18", put("credit.limit-reduced", `"stays":true`, `"stays":true`, `"stays":false`)},
	{"D60", put("paylater.placed", o(11), "CNY", "USD")},
	{"D53", again("credit.frozen", "audit")},
	{"D53", put("credit.frozen", "audit", "other", "open-orders")},
	{"D53", beside("credit.overdue-noted", o(15), "credit.frozen", `{"reason":"overdue","ref":"`+o(15)+`"}`)},

	// the funds
	{"B10", again("funds.card-bound", "")},
	{"B10", put("funds.card-bound", "", "m-shop", "m-other")},
	{"B10", again("funds.card-unbound", "")},
	{"B10", drop("funds.withdrawal-failed", "W1")},
	{"B10", put("funds.withdrawal-requested", "W2", `"dest":`, `"x":`)},
	{"D57", put("funds.withdrawal-requested", "W2", "2025-04-01", "2025-03-01")},
	{"D57", put("funds.withdrawal-requested", "W2", "2025-04-01", "2025-04-02")},
}
