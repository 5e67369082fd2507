package rule

// The rulings on pay later, received funds, money and time where the sources are silent.
const (
	// D46 is the due time of a pay-later order.
	D46 ID = "D46"
	// D47 is the charging of a due payment.
	D47 ID = "D47"
	// D48 is the payment of an overdue order.
	D48 ID = "D48"
	// D49 is the end of an order before payment.
	D49 ID = "D49"
	// D50 is the refund after payment.
	D50 ID = "D50"
	// D51 is the payment in full.
	D51 ID = "D51"
	// D52 is the write-off.
	D52 ID = "D52"
	// D53 is the reasons of a freeze.
	D53 ID = "D53"
	// D54 is the limit below what is used.
	D54 ID = "D54"
	// D55 is the assessment of the pay-later limit.
	D55 ID = "D55"
	// D56 is the start of the waiting time.
	D56 ID = "D56"
	// D57 is the course of a withdrawal.
	D57 ID = "D57"
	// D58 is the amount of the fee.
	D58 ID = "D58"
	// D59 is the withdrawals during a freeze.
	D59 ID = "D59"
	// D60 is the exactness of amounts.
	D60 ID = "D60"
	// D61 is the order in time.
	D61 ID = "D61"
	// D62 is the recording of facts.
	D62 ID = "D62"
	// D63 is the initial payment taken back before shipment.
	D63 ID = "D63"
	// D64 is what strangers learn.
	D64 ID = "D64"
	// D65 is the payment that belongs to one order.
	D65 ID = "D65"
	// D66 is the end of after-sales.
	D66 ID = "D66"
	// D67 is the characters of free text.
	D67 ID = "D67"
)

var payLaterRulings = []Entry{
	{
		ID:      D46,
		English: "Receipt is automatic 10 days after shipment, which the buyer may once extend by 3 days; payment is due one day after receipt unless the policy says otherwise.",
		Chinese: "发货满10天自动确认收货，买家可延长一次，延长3天；付款在收货后一天内到期，政策另有规定的除外。",
	},
	{
		ID:      D47,
		English: "The system asks for a due payment once, and an order is overdue only after its due time has passed unpaid; its amount can only be lowered.",
		Chinese: "付款到期时由系统发起一次扣款，超过到期时间仍未付款的才算逾期；订单金额只能调低。",
	},
	{
		ID:      D48,
		English: "An overdue order can still be paid; the lateness stays on record, and a freeze is lifted separately.",
		Chinese: "逾期订单仍可付款；逾期记录保留，冻结须另行解除。",
	},
	{
		ID:      D49,
		English: "Before payment an order is cancelled by buyer or merchant until shipment, and returned by merchant or platform after it; quota is restored, no funds are credited.",
		Chinese: "付款之前，发货前可由买家或商家取消，发货后可由商家或平台退货；额度恢复，不产生已收货款。",
	},
	{
		ID:      D50,
		English: "After payment a refund is taken from received funds, at most what was paid and not yet refunded; what is missing becomes a debt, and the quota does not change.",
		Chinese: "付款后的退款从已收货款中扣除，不超过已付而未退的金额；不足部分成为欠款，额度不变。",
	},
	{
		ID:      D51,
		English: "A payment equals the outstanding amount, unless the policy allows instalments; these count as a payment when they add up to it.",
		Chinese: "付款金额须等于未付金额；政策允许分期付款的，各期合计等于未付金额时才算完成付款。",
	},
	{
		ID:      D52,
		English: "An overdue order uses quota until it is paid, returned or written off by the platform; a write-off lowers the limit by the amount and ends payment by the buyer.",
		Chinese: "逾期订单在付款、退货或由平台核销之前一直占用额度；核销后额度相应减少，且不再接受买家付款。",
	},
	{
		ID:      D53,
		English: "A freeze has reasons (an overdue order, open orders, a fake order, another), each true when set, set once and lifted by itself; while one is left, all of the quota is frozen.",
		Chinese: "冻结须有原因（逾期订单、未完成订单、恶意刷单或其他），须属实，不得重复，逐一解除；尚有原因时全部额度冻结。",
	},
	{
		ID:      D54,
		English: "A limit may fall below the quota used: nothing remains, the excess is shown, and no repayment is forced.",
		Chinese: "额度可以低于已使用的额度：剩余额度为零，超出部分照实显示，不强制还款。",
	},
	{
		ID:      D55,
		English: "A limit is assessed from grade, score, volume, product information, profile and after-sales, without fake orders, and is not raised while frozen.",
		Chinese: "额度根据信用等级、店铺评分、交易量、商品信息、店铺资料和售后服务评估，不计恶意刷单；冻结期间不得提升。",
	},
	{
		ID:      D56,
		English: "Funds wait as long as the platform has set for the merchant, by default not at all; the time that applied when they were credited is not moved by a later change.",
		Chinese: "已收货款的等待时间由平台按商家设定，默认无需等待；以入账时的规定为准，以后的变更不影响已入账的货款。",
	},
	{
		ID:      D57,
		English: "A withdrawal is deducted when requested, is not below the minimum, and is settled or fails once; a failure returns all of it, debts first.",
		Chinese: "提现在申请时即扣款，不得低于最低金额，到账或失败只发生一次；失败时全额退回，先抵欠款。",
	},
	{
		ID:      D58,
		English: "The fee is a rate of the withdrawn amount, rounded half up and kept between minimum and maximum; what is left must be above zero.",
		Chinese: "手续费按提现金额的费率四舍五入计算，并限于最低和最高之间；扣除手续费后的金额必须大于零。",
	},
	{
		ID:      D59,
		English: "A freeze of the quota blocks no withdrawal of received funds.",
		Chinese: "冻结额度不影响已收货款的提现。",
	},
	{
		ID:      D60,
		English: "An order and a line have one currency, pay later only one that the policy names (CNY); an amount has no more fraction digits than its currency, and overflow and mixed currencies are refused.",
		Chinese: "每个订单和每条额度只有一个币种，先用后付仅限规定的币种（人民币）；金额的小数位数不得超过该币种，溢出和币种混用一律拒绝。",
	},
	{
		ID:      D61,
		English: "A command is not earlier than the last event, unless it reports a fact; a party acts before a deadline, the system from it on, and a payment at its due time is in time; no fact lies in the future.",
		Chinese: "操作时间不得早于上一事件，上报外部事实的除外；当事人须在期限之前操作，系统在期限到来时或之后操作，在到期时刻付款算按时付款；外部事实的时间不得晚于当前时间。",
	},
	{
		ID:      D62,
		English: "What a bank, a card processor or customs did is recorded in every phase; a report about something that is not recorded yet is to be delivered again.",
		Chinese: "银行、支付机构和海关已经做出的行为，在任何阶段都予以记录；所涉事项尚未登记的报告，须稍后重新提交。",
	},
	{
		ID:      D63,
		English: "An order that is ready to ship and whose initial payment is taken back waits for payment again; it is shipped only while the initial payment is satisfied and money is left.",
		Chinese: "待发货订单的预付款被收回的，订单重新待付款；只有预付款付清且款项未全部退回时才能发货。",
	},
	{
		ID:      D64,
		English: "Who is not a party to an order, an entrustment, a line or funds learns nothing about it, not even whether it exists.",
		Chinese: "不是订单、委托单、额度或货款当事人的，不得获知其任何信息，包括其是否存在。",
	},
	{
		ID:      D65,
		English: "A payment belongs to one order: a T/T credit by receiving account and reference, any other by method and reference; the platform may take back a record made by mistake.",
		Chinese: "一笔款项只属于一个订单：T/T款项按收款账号和凭证号识别，其他款项按付款方式和凭证号识别；误登的记录可由平台撤销。",
	},
	{
		ID:      D66,
		English: "A pay-later order has at most three after-sales cases, none after the platform closed one, and together they move its due time by at most 30 days.",
		Chinese: "每个先用后付订单最多有三次售后，平台关闭售后之后不得再次发起；售后合计最多使付款期限顺延30天。",
	},
	{
		ID:      D67,
		English: "Free text may have line breaks and tabs and no other control characters; names, references and file names have one line.",
		Chinese: "自由文本可以换行和使用制表符，不得含有其他控制字符；名称、凭证号和文件名只能是一行。",
	},
}
