package rule

// The rules of pay later.
const (
	// B1 is the goods before the payment.
	B1 ID = "B1"
	// B2 is the absence of money before payment.
	B2 ID = "B2"
	// B3 is the assessed limit.
	B3 ID = "B3"
	// B4 is the view of the quota.
	B4 ID = "B4"
	// B5 is the quota that an order needs.
	B5 ID = "B5"
	// B6 is the ban on withdrawing quota.
	B6 ID = "B6"
	// B7 is the deduction at order time.
	B7 ID = "B7"
	// B8 is the credit of what was paid.
	B8 ID = "B8"
	// B9 is the automatic restoring of quota.
	B9 ID = "B9"
	// B10 is the destination of a withdrawal.
	B10 ID = "B10"
	// B11 is the settlement of a withdrawal.
	B11 ID = "B11"
	// B12 is the store score of 4.8.
	B12 ID = "B12"
	// B13 is the growth of a limit.
	B13 ID = "B13"
	// B14 is the difference of quota and balance.
	B14 ID = "B14"
	// B15 is the effect of open and overdue orders.
	B15 ID = "B15"
	// B16 is the withdrawal fee.
	B16 ID = "B16"
	// B17 is the waiting time.
	B17 ID = "B17"
	// B18 is the use of quota for orders only.
	B18 ID = "B18"
	// B19 is the effect of a freeze.
	B19 ID = "B19"
	// B20 is the advice on taking orders.
	B20 ID = "B20"
	// B21 is the request for an assessment of the limit.
	B21 ID = "B21"
	// B22 is the history of withdrawals.
	B22 ID = "B22"
)

var payLaterRules = []Entry{
	{
		ID:      B1,
		English: "With pay later the buyer gets the goods first and pays within the set time; an order unpaid after that is overdue.",
		Chinese: "先用后付由买家先收到商品，再在规定时间内付款；超过规定时间仍未付款的为逾期。",
		Source:  "消费者在购买商品后,可以先拿到商品,再在规定时间内完成付款",
	},
	{
		ID:      B2,
		English: "A pay-later order brings the merchant no money when it is placed, only the use of quota.",
		Chinese: "先用后付订单下单时商家收不到货款，只是使用额度。",
		Source:  "虽然不能立刻收到货款,但可以享受一定的信用额度",
	},
	{
		ID:      B3,
		English: "The pay-later limit is finite and never negative; it is raised and lowered by credit grade, store score and trading record.",
		Chinese: "先用后付额度是有限的，不得为负，并根据信用等级、店铺评分、交易记录等动态调整。",
		Source:  "这个额度并不是无限的,而是根据商家的信用等级、店铺评分、交易记录等因素动态调整的",
	},
	{
		ID:      B4,
		English: "Limit, used and remaining quota can be seen at any time, also while the quota is frozen.",
		Chinese: "当前额度、使用情况和剩余额度随时可以查看，冻结期间也可以。",
		Source:  "点击进入后,可以看到当前的额度、使用情况、剩余额度等信息",
	},
	{
		ID:      B5,
		English: "A pay-later order is accepted only if its amount does not exceed the remaining quota.",
		Chinese: "先用后付订单的金额不得超过剩余额度。",
		Source:  "如果额度不足,商家可能无法及时发货",
	},
	{
		ID:      B6,
		English: "The pay-later quota cannot be withdrawn; only received funds can.",
		Chinese: "先用后付额度本身不能提现，只有已收货款可以提现。",
		Source:  "先用后付额度并不是直接可以提现的,它更像是一个“信用额度”",
	},
	{
		ID:      B7,
		English: "The order's amount is deducted from the quota when the buyer places the order, and only if the buyer chose to pay later.",
		Chinese: "买家下单并选择先用后付时，系统在下单之时扣除相应的额度；未选择先用后付的订单不得扣除额度。",
		Source:  "当消费者下单并选择“先用后付”时,系统会从你的额度中扣除相应的金额,用于支付货款",
	},
	{
		ID:      B8,
		English: "When the buyer has paid in full, exactly that amount becomes received funds; an order is paid once.",
		Chinese: "买家完成付款后，同等金额变成已收货款；每个订单只付款一次。",
		Source:  "当消费者完成付款后,系统会将这笔金额归还到你的账户中,变成“已收货款”",
	},
	{
		ID:      B9,
		English: "Quota restores itself when the order is paid, cancelled, returned or lowered, and never at the merchant's request.",
		Chinese: "额度在订单付款、取消、退货或减额时自动恢复，商家不能自行要求恢复。",
		Source:  "当消费者完成付款后,额度会自动恢复",
	},
	{
		ID:      B10,
		English: "Received funds go to the merchant's own Alipay account or bound bank card only, in an amount above zero and not above what is available.",
		Chinese: "已收货款只能提现到商家自己的支付宝账户或绑定的银行卡，金额须大于零且不超过可提现金额。",
		Source:  "你可以将“已收货款”提现到自己的支付宝账户,或者绑定的银行卡",
	},
	{
		ID:      B11,
		English: "A requested withdrawal is not yet paid: it is settled later, usually within 24 hours, and a later arrival is valid too.",
		Chinese: "申请提现不等于到账；提现一般在24小时内到账，更晚到账同样有效。",
		Source:  "提现通常需要一定的时间,一般在24小时内到账,具体时间取决于淘宝的结算周期",
	},
	{
		ID:      B12,
		English: "A store score of 4.8 or more helps to raise the credit grade; it is one input of the assessment and guarantees no limit.",
		Chinese: "店铺评分达到4.8分（含）有助于提升信用等级；它只是评估的依据之一，不保证额度。",
		Source:  "保持店铺评分在4.8分以上,有助于提升信用等级",
	},
	{
		ID:      B13,
		English: "An assessment may raise a limit severalfold, for example from 5,000 to 20,000 in three months, or to 100,000.",
		Chinese: "评估可以使额度成倍提升，例如三个月后从5000元提升到2万元，或提升到10万元。",
		Source:  "三个月后他的额度提升到了2万元",
	},
	{
		ID:      B14,
		English: "Other charges are paid from the ordinary balance, which is money received, and never from the quota, which is virtual.",
		Chinese: "其他费用只能用普通余额支付，因为它是实际收到的货款；先用后付额度是虚拟资金，不能用来支付其他费用。",
		Source:  "先用后付额度是基于商家信用的一种虚拟资金,主要用于支付消费者选择“先用后付”的订单,而普通余额是商家实际收到的货款,可以直接提现或用于支付其他费用",
	},
	{
		ID:      B15,
		English: "Open orders or overdue payments may get the quota frozen or reduced; whether they do is for the platform to decide.",
		Chinese: "有未完成的订单或逾期未付款时，额度可能会被冻结或减少，由平台决定。",
		Source:  "如果你有未完成的订单,或者有逾期未付款的情况,额度可能会被冻结或减少",
	},
	{
		ID:      B16,
		English: "A withdrawal may bear a fee, which is recorded and must be less than the amount withdrawn.",
		Chinese: "提现可能收取手续费，手续费须有记录，且必须小于提现金额。",
		Source:  "提现可能会收取一定的手续费",
	},
	{
		ID:      B17,
		English: "Received funds can be withdrawn only after the merchant's waiting time, for example 7 or 15 days.",
		Chinese: "已收货款须经过商家的等待时间（比如7天或15天）之后才能提现。",
		Source:  "有些商家可能需要等待一定时间才能提现,比如7天或15天,具体以淘宝规定为准",
	},
	{
		ID:      B18,
		English: "Quota pays for pay-later orders only: every deduction names the order that it pays for.",
		Chinese: "先用后付额度只能用于支付先用后付订单，不能用于个人消费；每次扣除都必须指明订单。",
		Source:  "不能用于个人消费,只能用于支付订单",
	},
	{
		ID:      B19,
		English: "While the quota is frozen for overdue payments, fake orders or the like, no new order can use it; orders that run and received funds are not affected.",
		Chinese: "因逾期未付款、恶意刷单等冻结额度后，新订单不能使用额度；已有的订单和已收货款不受影响。",
		Source:  "如果商家有逾期未付款、恶意刷单等行为,淘宝可能会冻结额度,影响后续使用",
	},
	{
		ID:      B20,
		English: "Merchants do well to take no order blindly and to watch quota and buyers' credit; this is advice and has no effect on any command.",
		Chinese: "建议商家不要盲目接单，关注买家信用和额度变化；这是建议，对任何操作都没有影响。",
		Source:  "不要盲目接单,尤其是大额订单,以免额度不足影响发货",
	},
	{
		ID:      B21,
		English: "Score, trade and product information raise a limit. The merchant may ask for a re-assessment of a line, one at a time, which the next assessment answers; the request itself changes nothing.",
		Chinese: "店铺评分、交易量和商品信息有助于提升额度。商家可以申请重新评估额度，每次只能有一项申请，由下一次评估答复；申请本身不改变额度。",
		Source:  "你可以通过提升店铺评分、增加交易量、优化商品信息等方式来提升额度,如果额度长期不足,建议联系淘宝客服",
	},
	{
		ID:      B22,
		English: "The history of withdrawals can be seen at any time.",
		Chinese: "提现记录随时可以查看。",
		Source:  "建议在提现后耐心等待,或查看提现记录",
	},
}
