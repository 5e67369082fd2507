// Package credit is the credit line of a seller in one currency: how the platform assesses it, and
// what orders take of it. It serves two products. An assurance line is the Trade Assurance Limit
// (信保额度), which covered orders hold; a pay-later line is the quota of a merchant (先用后付额度),
// which pay-later orders use. [New], [Life], [Stream] and [Model] take the [Product].
//
// # Life
//
// A covered order first holds a part of the line. The hold is then resolved exactly once: it is
// released, and the part is available again, or the platform claims on it to compensate the buyer.
// A claim posts what was paid as consumed and releases the rest in the same step; what the seller
// repays is available again. Adjusting a hold changes its size and does not resolve it.
//
// A pay-later order deducts its amount when it is placed and uses it until it is paid, cancelled
// or returned, which restores it, or written off, which consumes it: the limit is then lower by
// the amount. Lowering the amount of an order restores a part.
//
// The platform assesses the line of a seller, suspends and resumes it and records repayments; it
// opens, assesses, freezes and unfreezes that of a merchant. A suspended or frozen line and one
// whose limit was cut take no new orders; their open ones go on. Nobody can withdraw quota.
//
// A line is of bounded size: it keeps sums, two counts and at most [MaxFreezes] reasons. The stream
// of an order says what that order holds and how its hold ended; that stream is written in the same
// commit, and [Decide] takes from it the [Facts] by which a hold is resolved once.
//
// # Counterparts
//
// What holds and resolves is done by the role trade.Desk, in the commit that writes the order:
//
//   - Hold, Adjust, Release and Claim for a covered order, with Facts.Hold,
//   - Deduct when a pay-later order is placed, with Facts.Hold, which is zero then,
//   - NoteOverdue when it becomes overdue, with Facts.Hold, which is open, and after it Freeze
//     with [ReasonOverdue], if the policy asks for it, with Facts.Overdue set; [Line.Overdue] is
//     how many orders are overdue then, and [Line.FrozenFor] reports whether there is such a
//     reason already,
//   - Restore when it is paid, cancelled, returned or lowered, and Consume when it is written
//     off, with Facts.Hold, which is open with the amount that the order used until then, and
//     Facts.Overdue, which says whether it was overdue until then.
//
// A Freeze by the platform that names an order, see [Ground.Order], needs Facts.Overdue or
// Facts.Fake from the stream of that order, guarded in the same commit. A counterpart is ordered
// by version, not by time: its instant may lie before the last one of the line.
//
// # Assessment
//
// An [Assessment] makes a limit from what is known of a shop. [Line.Page] and [Ledger] are what the
// owner of a line is shown.
//
// [Decide] and [Evolve] are pure. See TestRule for the rules one by one, TestMatrix for which role
// may issue which command and when, and TestReplay for the fold and the sums.
//
// # Stored format
//
// The streams of assurance lines are line-ACCOUNT/CURRENCY, where ~2F stands for the slash, and
// their events are
//
//	credit.limit-assessed {"limit":"10000.00 USD"}
//	credit.limit-assessed {"limit":"0 JPY","inputs":{"qualification":"A","ability":"已认证 <gold>","trade_flow":"250000.50 CNY","penalties":2,"month":"2025-06"}}
//	credit.line-suspended {"reason":"counterfeit goods"}
//	credit.line-resumed {}
//	credit.held {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"6000.00 USD"}
//	credit.hold-adjusted {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","from":"6000.00 USD","to":"4500.10 USD"}
//	credit.released {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4500.10 USD","cause":"shipped"}
//	credit.released {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4500.10 USD","cause":"received"}
//	credit.released {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4500.10 USD","cause":"closed"}
//	credit.released {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4500.10 USD","cause":"uncovered"}
//	credit.claim-posted {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"2500.00 USD","released":"2500.00 USD"}
//	credit.claim-posted {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"1.250 KWD","released":"0.000 KWD"}
//	credit.claim-repaid {"amount":"0.01 USD","reference":"TT-2025/001"}
//	credit.assessment-requested {}
//	credit.assessment-requested {"note":"更多订单","email":"shop@shop.example"}
//
// The streams of pay-later lines are paylater_line-ACCOUNT/CURRENCY, and their events are
//
//	credit.line-opened {"limit":"5000.00 CNY"}
//	credit.line-opened {"limit":"0.00 CNY","inputs":{"month":"2025-06","grade":80,"score":"4.8","volume":"125000.00 CNY","fake_volume":"0.01 CNY","products":100,"profile":99,"after_sales":1}}
//	credit.limit-raised {"from":"5000.00 CNY","to":"20000.00 CNY"}
//	credit.limit-raised {"from":"0.00 CNY","to":"0.01 CNY","inputs":{"score":"4.79"}}
//	credit.limit-reduced {"from":"20000.00 CNY","to":"0.00 CNY","inputs":{"penalties":1}}
//	credit.quota-deducted {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY"}
//	credit.quota-restored {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","cause":"paid"}
//	credit.quota-restored {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","cause":"cancelled"}
//	credit.quota-restored {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","cause":"returned"}
//	credit.quota-restored {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"0.01 CNY","cause":"lowered"}
//	credit.quota-consumed {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","limit_from":"5000.00 CNY","limit_to":"1000.00 CNY"}
//	credit.quota-consumed {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","limit_from":"3000.00 CNY","limit_to":"0.00 CNY"}
//	credit.frozen {"reason":"overdue","ref":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}
//	credit.frozen {"reason":"open-orders"}
//	credit.unfrozen {"reason":"fake-order","ref":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}
//	credit.unfrozen {"reason":"other","ref":"店铺审核 <2025>"}
//	credit.quota-restored {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","cause":"paid","overdue":true}
//	credit.quota-restored {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"4000.00 CNY","cause":"returned","overdue":true}
//	credit.overdue-noted {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"}
//	credit.line-opened {"limit":"5000.00 CNY","email":"shop@shop.example"}
//	credit.limit-raised {"from":"0.00 CNY","to":"0.01 CNY","email":"shop@shop.example"}
//	credit.limit-reduced {"from":"0.01 CNY","to":"0.01 CNY","stays":true,"email":"shop@shop.example"}
//	credit.assessment-requested {"note":"more","email":"shop@shop.example"}
package credit
