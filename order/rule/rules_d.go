package rule

// The rulings on orders, quota and entrustments where the sources are silent.
const (
	// D1 is the mapping to platform status codes.
	D1 ID = "D1"
	// D2 is the quota that coverage needs.
	D2 ID = "D2"
	// D3 is the shortage of quota.
	D3 ID = "D3"
	// D4 is the time of occupying quota.
	D4 ID = "D4"
	// D5 is the quota of changed and closed orders.
	D5 ID = "D5"
	// D6 is the assessment of the Trade Assurance Limit.
	D6 ID = "D6"
	// D7 is the limit below what is held.
	D7 ID = "D7"
	// D8 is the cap of compensation.
	D8 ID = "D8"
	// D9 is the instant of shipment.
	D9 ID = "D9"
	// D10 is the release of all entrustments.
	D10 ID = "D10"
	// D11 is the count of days to automatic receipt.
	D11 ID = "D11"
	// D12 is the extension of receipt.
	D12 ID = "D12"
	// D13 is the pause of the receipt deadline.
	D13 ID = "D13"
	// D14 is the modes of transport.
	D14 ID = "D14"
	// D15 is the split into initial and balance payment.
	D15 ID = "D15"
	// D16 is the shipment with the balance open.
	D16 ID = "D16"
	// D17 is the agreed shipping time.
	D17 ID = "D17"
	// D18 is the payment in process.
	D18 ID = "D18"
	// D19 is the matching of T/T money.
	D19 ID = "D19"
	// D20 is the accepted shortfall.
	D20 ID = "D20"
	// D21 is the money beyond what is due.
	D21 ID = "D21"
	// D21b is the money before confirmation.
	D21b ID = "D21b"
	// D22 is the money after the close.
	D22 ID = "D22"
	// D23 is the payment fees.
	D23 ID = "D23"
	// D24 is the chargeback.
	D24 ID = "D24"
	// D25 is the change of an order.
	D25 ID = "D25"
	// D26 is the fixed drafting time.
	D26 ID = "D26"
	// D27 is the cancellation.
	D27 ID = "D27"
	// D28 is the time limits of confirmation and payment.
	D28 ID = "D28"
	// D29 is the dispute.
	D29 ID = "D29"
	// D30 is the refund.
	D30 ID = "D30"
	// D31 is the time of reviews.
	D31 ID = "D31"
	// D32 is the buyer who was not registered.
	D32 ID = "D32"
	// D33 is the closing and suspension of the service.
	D33 ID = "D33"
	// D34 is the failed certification.
	D34 ID = "D34"
	// D35 is the payout to the seller.
	D35 ID = "D35"
	// D36 is the ban on trading with oneself.
	D36 ID = "D36"
	// D37 is the stages of an entrustment.
	D37 ID = "D37"
	// D38 is the time of linking.
	D38 ID = "D38"
	// D39 is the entrustment that fits the order.
	D39 ID = "D39"
	// D40 is the unlinking of an entrustment.
	D40 ID = "D40"
	// D41 is the void link.
	D41 ID = "D41"
	// D42 is the content of a declaration.
	D42 ID = "D42"
	// D43 is the declaration number.
	D43 ID = "D43"
	// D44 is the order of declaration and release.
	D44 ID = "D44"
	// D45 is the parties of a declaration.
	D45 ID = "D45"
)

var orderRulings = []Entry{
	{
		ID:      D1,
		English: "The platform's status codes are derived from the order's own state and decide nothing; a status that is delivered again changes nothing.",
		Chinese: "平台状态码由订单自身的状态推导得出，不作为判断依据；重复送达的状态不产生变化。",
	},
	{
		ID:      D2,
		English: "Pre-shipment coverage occupies quota for the initial payment, post-delivery coverage for the total.",
		Chinese: "保障到发货前按预付款占用信保额度，保障到收货后按订单总金额占用信保额度。",
	},
	{
		ID:      D3,
		English: "An order that needs more quota than is available cannot be submitted; if the policy caps coverage, it is covered by what is available, which must not be zero.",
		Chinese: "所需信保额度超过可用额度的订单不能提交；政策允许封顶保障的，按可用额度保障，但可用额度不得为零。",
	},
	{
		ID:      D4,
		English: "Quota is occupied at submission, or at confirmation if the policy says so.",
		Chinese: "信保额度在提交订单时占用；政策另有规定的，在买家确认时占用。",
	},
	{
		ID:      D5,
		English: "Closing an order releases its quota; a change that needs more quota than is available is refused as a whole, unless the policy caps coverage.",
		Chinese: "订单关闭时释放所占用的信保额度；变更所需额度超出可用额度的，整个变更不予接受，政策允许封顶保障的除外。",
	},
	{
		ID:      D6,
		English: "The platform sets the Trade Assurance Limit by assessment and records what it was based on; penalties lower it.",
		Chinese: "信保额度由平台评估设定，并记录评估依据；处罚会降低额度。",
	},
	{
		ID:      D7,
		English: "A limit may be set below the quota in use: what is occupied stays so, and nothing new is until enough has been released.",
		Chinese: "额度可以调低到已占用额度以下：已占用的不变，释放到足够之前不得再占用。",
	},
	{
		ID:      D8,
		English: "Compensation is paid once per hold: at most the ruled amount, the quota still occupied, and the applied money not yet refunded or claimed; what the buyer got back twice is shown as owed.",
		Chinese: "先行垫付每笔占用只一次，不超过裁决金额、订单仍占用的额度，以及已入账而尚未退款或垫付的金额；买家重复收回的款项列为买家应还。",
	},
	{
		ID:      D9,
		English: "The instant of shipment is not before the release of any linked entrustment, nor before the initial payment was satisfied.",
		Chinese: "发货时间不得早于任何已关联委托单的放行时间，也不得早于预付款付清的时间。",
	},
	{
		ID:      D10,
		English: "Customs must have released every linked entrustment that is not cancelled before the order is shipped.",
		Chinese: "所有已关联且未取消的委托单都通关放行之后才能发货。",
	},
	{
		ID:      D11,
		English: "The days to automatic receipt have 24 hours each and count from shipment, or are calendar days in China if the policy says so; at the deadline receipt is due.",
		Chinese: "自动确认收货的天数从发货起按每天24小时计算，政策另有规定的按中国日历日计算；期限一到即可确认。",
	},
	{
		ID:      D12,
		English: "Each party may once extend the receipt deadline by 15 days, while the order awaits receipt and the deadline has not come.",
		Chinese: "待收货的订单在收货期限到来之前，双方各可延长一次，每次15天。",
	},
	{
		ID:      D13,
		English: "A dispute or chargeback stops the times to confirm, to pay and to receive; when the last one has ended, the time that was left runs on.",
		Chinese: "纠纷或拒付期间确认、付款和收货期限均暂停；最后一项结束后，剩余时间继续计算。",
	},
	{
		ID:      D14,
		English: "Only the policy's modes of transport are accepted, normally air, land and sea; the seller sets the mode before shipment, not after.",
		Chinese: "只接受政策规定的运输方式，通常为空运、陆运和海运；运输方式由卖家在发货前设定，发货后不得更改。",
	},
	{
		ID:      D15,
		English: "A total may be split into an initial and a balance payment, else the initial payment is all; T/T may come in any number of transfers, and no number of small ones leaves no room for another.",
		Chinese: "订单总金额可以分为预付款和尾款，不分时预付款即为总金额；T/T可以分任意多次汇款，小额汇款再多也不影响后续入账。",
	},
	{
		ID:      D16,
		English: "An order may be shipped once its initial payment is satisfied, and is completed once receipt is confirmed and the total is paid.",
		Chinese: "预付款付清后即可发货；确认收货且货款付清之后，订单才算完成。",
	},
	{
		ID:      D17,
		English: "Late shipping is accepted and flagged; the agreed time is a date in China or days after a payment, at most 90 days after the initial one when extended; time frozen or unfunded does not count.",
		Chinese: "逾期发货可以接受但会标记；约定时间为中国日期或付款后若干天，延长后最多为预付款付清后90天；订单冻结或预付款被收回的时间不计。",
	},
	{
		ID:      D18,
		English: "One card or e-Checking payment is in process at a time: a card for 1 day, e-Checking for 14, a T/T notice for 7. Money that failed, expired or was never announced is still recorded.",
		Chinese: "信用卡或e-Checking同时只能有一笔处理中：信用卡1天，T/T通知7天，e-Checking为14天。失败、过期或从未申报的付款，到账后照样登记。",
	},
	{
		ID:      D19,
		English: "T/T money is matched by receiving account, in the order's currency; the reference is the bank's, one payment has one amount. Money under review waits for the platform to apply it, up to what is due.",
		Chinese: "T/T款项按收款账号匹配，币种须与订单一致；凭证号由银行给出，一笔款项只有一个金额。待核对的款项由平台入账，且不超过应付金额。",
	},
	{
		ID:      D20,
		English: "The seller may accept what a partly paid step still lacks, and after receipt the whole rest, while no payment is in process and no dispute is open; the total stays as it is.",
		Chinese: "当前应付款已部分到账时，卖家可以接受其差额，收货后可以免收全部余款；有处理中的付款或未结束的纠纷时不可。订单总金额不变。",
	},
	{
		ID:      D21,
		English: "Money beyond what is due is kept unapplied, never goes to the seller, and is returned by the platform, up to what waits; money under review is applied and returned under its reference.",
		Chinese: "超出应付金额的款项作为未入账款项，不归卖家所有，由平台退还，且不超过未入账金额；待核对的款项按凭证号入账或退还。",
	},
	{
		ID:      D21b,
		English: "Money that arrives before the buyer confirms is kept unapplied until the confirmation; paying never counts as confirming.",
		Chinese: "买家确认之前到账的款项暂不入账，确认后才入账；付款不等于确认订单。",
	},
	{
		ID:      D22,
		English: "Money that arrives after an order was closed, or beyond what a completed order lacks, is kept unapplied and returned; it never reopens the order.",
		Chinese: "订单关闭之后到账的款项，以及超出已完成订单所缺的款项，不入账并予以退还，订单不会因此重新开启。",
	},
	{
		ID:      D23,
		English: "Payment fees are borne by the payer on top of the price; an order counts the net amount received.",
		Chinese: "付款手续费由付款人另行承担，订单按实际到账的净额计算。",
	},
	{
		ID:      D24,
		English: "Banks may take back a card or e-Checking payment in cases, or a T/T credit, in parts and repeatedly, in any phase; the latest report of a case stands, and an open case freezes the order.",
		Chinese: "银行可以在任何阶段以案件收回信用卡或e-Checking付款，或收回T/T入账，可分部分、多次；每个案件以最新报告为准，未结案期间订单冻结。",
	},
	{
		ID:      D25,
		English: "A submitted order keeps its seller, buyer e-mail, currency and mode; once money is applied, a change needs the buyer's consent and respects what was paid; after shipment nothing changes.",
		Chinese: "提交后不得更改卖家、买家邮箱、币种和起草方式；有款项入账后，变更须经买家同意并与已付款项相符；发货后不得变更。",
	},
	{
		ID:      D26,
		English: "The drafting time is the instant at which the order was first drafted, and never changes.",
		Chinese: "起草时间是首次起草订单的时间，永不改变。",
	},
	{
		ID:      D27,
		English: "Before payment either party may cancel, a draft only the seller; while a payment is in process nobody may, and after payment only a refund undoes the order.",
		Chinese: "付款之前买卖双方均可取消订单，草稿只能由卖家取消；付款处理中不得取消，付款之后只能通过退款撤销。",
	},
	{
		ID:      D28,
		English: "The system closes an order not confirmed within 30 days, or without money within 60 days of confirmation or of losing its initial payment; at the deadline it is too late.",
		Chinese: "提交后30天内未确认，或确认后（预付款被收回的，自收回起）60天内没有款项的订单，由系统关闭；期限一到即不能再办理。",
	},
	{
		ID:      D29,
		English: "One dispute may be open from payment to receipt, three an order, one more after a ruling before shipment; it escalates from day 4, by itself on day 7; only facts, refunds, evidence, reviews and its own steps pass.",
		Chinese: "付款入账后至确认收货前可以有一项纠纷，每单三次，发货前裁决的发货后可再有一次；第4天起可升级，第7天自动升级；期间只接受事实、退款、证据、评价和纠纷步骤。",
	},
	{
		ID:      D30,
		English: "A refund is above zero and at most the applied money not yet refunded or claimed; when all is back and no chargeback is open, the order closes, but never after completion.",
		Chinese: "退款须大于零，且不超过已入账而尚未退款或垫付的金额；全部退回且没有未结拒付时订单关闭，已完成的订单不关闭。",
	},
	{
		ID:      D31,
		English: "The buyer reviews until 30 days after completion and edits the review once within 30 days; the seller replies once within 30 days.",
		Chinese: "买家可在订单完成后30天内评价，评价后30天内可修改一次；卖家可在评价或修改后30天内回复一次。",
	},
	{
		ID:      D32,
		English: "A buyer who was not registered confirms with an account bound to the contract's e-mail address, in whatever case; the policy may limit which addresses are accepted.",
		Chinese: "未注册的买家须以绑定合同邮箱（不分大小写）的账号确认订单；政策可以限定可用的邮箱。",
	},
	{
		ID:      D33,
		English: "A seller cannot close the service; the platform may suspend it, and then no order is drafted or submitted while the running ones go on.",
		Chinese: "卖家开通服务后不能自行关闭；平台可以暂停服务，暂停期间不得起草或提交订单，已有的订单继续进行。",
	},
	{
		ID:      D34,
		English: "A failed certification is rejected with a reason, and the seller may apply again.",
		Chinese: "企业认证未通过的，说明原因并予以驳回，卖家可以重新申请。",
	},
	{
		ID:      D35,
		English: "Paying the seller out is outside the order and has no effect on any command.",
		Chinese: "向卖家放款不属于订单的范围，对任何操作都没有影响。",
	},
	{
		ID:      D36,
		English: "Buyer and seller must not be the same: neither the same account nor the same e-mail address; a merchant's verified address is kept on the pay-later line.",
		Chinese: "买家和卖家不得为同一人：账号和邮箱都不得相同；商家已验证的邮箱记录在先用后付额度上。",
	},
	{
		ID:      D37,
		English: "An entrustment passes review, acceptance, declaration and customs release in this order, and may be sent back for change on the way; what customs report is always recorded.",
		Chinese: "委托单依次经过审核、通关受理、报关和通关放行，途中可以退回修改；海关上报的情况一律予以登记。",
	},
	{
		ID:      D38,
		English: "An entrustment is linked from the buyer's confirmation on; drafting one needs no order.",
		Chinese: "买家确认订单之后才能关联委托单；起草委托单本身不需要订单。",
	},
	{
		ID:      D39,
		English: "An entrustment is linked only if it is of the order's seller, in the order's currency and not cancelled.",
		Chinese: "只有同一卖家、同一币种且未取消的委托单才能与订单关联。",
	},
	{
		ID:      D40,
		English: "An entrustment is unlinked before shipment only, and the same link is not made twice; an order that closes before shipment frees its entrustments.",
		Chinese: "只有发货前才能取消关联，已关联的不得重复关联；订单在发货前关闭的，其委托单全部取消关联。",
	},
	{
		ID:      D41,
		English: "A release reported after linking that lies before the order's drafting is recorded and makes the link void: shipment waits until it is unlinked.",
		Chinese: "关联之后报告的放行时间早于订单起草时间的，照实记录，但该关联无效，取消关联之前不得发货。",
	},
	{
		ID:      D42,
		English: "A declaration has items with HS codes in one currency; net weight is at most gross weight, and quantity times price is the total within rounding.",
		Chinese: "报关单须列明带商品编号的商品且币种一致；净重不得超过毛重，数量乘以单价须等于总价（允许舍入误差）。",
	},
	{
		ID:      D43,
		English: "A declaration number is required and belongs to one entrustment, which may declare under it again after a return; the policy may demand 18 digits with the export flag.",
		Chinese: "报关单号必须填写，且只属于一个委托单，被退回后该委托单可以再次使用；政策可以要求18位数字和出口标志。",
	},
	{
		ID:      D44,
		English: "A release is recorded once, at one instant; one before the declaration is recorded and marked; a declared value that differs from the order's total is reported, not refused.",
		Chinese: "放行只登记一次、一个时间；放行时间早于申报时间的照样登记并标记；申报总价与订单总金额不符的只作提示，不予拒绝。",
	},
	{
		ID:      D45,
		English: "A declaration through OneTouch names OneTouch as domestic consignor and declarant agent, and the supplier as producer-seller.",
		Chinese: "通过一达通出口的报关单，境内发货人和申报单位为一达通，生产销售单位为供应商。",
	},
}
