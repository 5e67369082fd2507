// Package entrustment is the life of an export entrustment (委托单): the request by which a
// seller has the export service (一达通) declare and export goods, up to their release by customs.
//
// # Life
//
// The seller drafts and submits an entrustment. The export service reviews it, asks for changes
// or accepts it, and files its customs declaration (报关单). Customs return it, and the seller
// resubmits, or release the goods; once they have left, customs close it. Before the release the
// seller may cancel. [Life] has the tables behind this, and draws it.
//
// # Links
//
// An order may have several entrustments, an entrustment at most one order. [Link] and [Unlink]
// are the counterparts of the order's own commands and are made in the same commit, by the role
// trade.Desk alone. Goods that customs released before the order was drafted are not that
// order's: a link to such an entrustment is refused, and one that was there before the release
// became known is void.
//
// # Purity
//
// Deciding and evolving read no clock, no randomness and no other stream: [Decide] takes the
// instant, the actor and the [Facts] of other streams. The caller guards the stream that a fact
// came from in the same commit.
//
// See TestRule for the rules one by one, TestMatrix for which role may issue which command and
// when, and TestReplayIsTheLiveState for the fold.
//
// # Stored format
//
// The streams are entrustment-ID, and the events are
//
//	entrustment.drafted {"seller":"alice","reference":"PO-17","title":"光学镜片 \"lenses\""}
//	entrustment.drafted {"seller":"alice"}
//	entrustment.submitted {}
//	entrustment.cancelled {"reason":"no buyer"}
//	entrustment.cancelled {}
//	entrustment.change-requested {"need":"customer-change","note":"as told"}
//	entrustment.change-requested {"need":"signed-letter"}
//	entrustment.resubmitted {}
//	entrustment.approved {}
//	entrustment.declared {"declaration":{"number":"531620250000000001","contract_number":"TA-2025-17","transport_mode":"2","declaring_customs":"5316","departure_port":"470501","destination":"USA","trade_term":"FOB","packages":12,"gross_weight":"480.5","net_weight":"455","consignor":{"code":"91440300708461136T","name":"深圳市一达通企业服务有限公司"},"producer":{"code":"91330100MA27X0000Q","name":"杭州某某制造有限公司"},"declarant":{"code":"91440300708461136T","name":"深圳市一达通企业服务有限公司"},"declared_at":"2025-03-10T09:00:00Z","items":[{"no":1,"hs_code":"9001909090","name":"光学镜片","elements":"无框|非眼镜用","quantity":"1000","unit":"片","price":"1.25","total":"1250.00 USD","origin":"CHN"},{"no":2,"hs_code":"8471300000","name":"笔记本电脑","quantity":"2.5","unit":"台","price":"0.333","total":"0.83 USD"}]}}
//	entrustment.returned {"reason":"HS code"}
//	entrustment.released {"released_at":"2025-03-10T11:00:00Z"}
//	entrustment.released {"released_at":"2025-03-10T09:00:00Z","void":true}
//	entrustment.customs-closed {"closed_at":"2025-03-10T11:00:00.000000001Z"}
//	entrustment.linked {"order":"01000000-0000-0000-0000-000000000000","drafted_at":"2025-03-10T10:00:00Z","currency":"USD"}
//	entrustment.unlinked {"order":"01000000-0000-0000-0000-000000000000","cause":"unlinked"}
//	entrustment.unlinked {"order":"01000000-0000-0000-0000-000000000000","cause":"closed"}
//	entrustment.unlinked {"order":"02000000-0000-0000-0000-000000000000","cause":"cancelled"}
//	entrustment.declared {"declaration":{"number":"531620250000000001","unified_number":"E20250000123456789","contract_number":"TA-2025-17","transport_mode":"2","declaring_customs":"5316","exit_customs":"5300","departure_port":"470501","trade_country":"USA","destination":"USA","trade_term":"FOB","packages":12,"gross_weight":"480.5","net_weight":"455","packing":"22","supervision_mode":"0110","duty_nature":"101","source_district":"44031","consignor":{"code":"91440300708461136T","name":"深圳市一达通企业服务有限公司"},"producer":{"code":"91330100MA27X0000Q","name":"杭州某某制造有限公司"},"declarant":{"code":"91440300708461136T","name":"深圳市一达通企业服务有限公司"},"bill_number":"COSU6123456780","declared_at":"2025-03-10T09:00:00Z","items":[{"no":1,"hs_code":"9001909090","name":"光学镜片","elements":"无框|非眼镜用","quantity":"1000","unit":"片","price":"1.25","total":"1250.00 USD","origin":"CHN"},{"no":2,"hs_code":"8471300000","name":"笔记本电脑","quantity":"2.5","unit":"台","price":"0.333","total":"0.83 USD"}]}}
//	entrustment.released {"released_at":"2025-03-10T08:59:59.999999999Z","before_declared":true}
//	entrustment.released-beside {"released_at":"2025-03-10T11:00:00Z"}
//	entrustment.customs-closed {"closed_at":"2025-03-10T10:59:59.999999999Z","before_released":true}
package entrustment
