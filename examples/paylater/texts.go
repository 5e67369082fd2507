package main

import (
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/rule"
)

// texts are the words of this story in addition to the common ones.
type texts struct {
	file, opening, restores, overdue, grows, withdrawal string

	placed, shipped, received, paid, opened, deducted, restored, raised, unfrozen, credited, requested, settled, due string

	limit, used, remaining, usable, frozen, no                                  string
	ledger, entry, limitBy, usedBy, openingWord, closingWord                    string
	statement, history, pending, available, transit, paidOut, fees, creditedAll string

	kinds     map[string]string
	reasons   map[credit.Reason]string
	movements map[credit.Kind]string
	money     map[funds.Kind]string
	statuses  map[funds.Status]string
}

func textsIn(lang rule.Lang) *texts {
	if lang == rule.Chinese {
		return &texts{
			file: "数据文件", opening: "开通：额度 5000 元，接不下的大单", restores: "付款后额度自动恢复", overdue: "逾期与冻结",
			grows: "重新评估：两万、十万", withdrawal: "已收货款与提现",
			placed: "下单 %s", shipped: "发货", received: "确认收货", paid: "买家付款 %s", opened: "开通先用后付，额度 %s",
			deducted: "扣除额度 %s", restored: "恢复额度 %s", raised: "额度由 %s 提升到 %s", unfrozen: "解除冻结",
			credited: "货款入账 %s，%s 起可提现", requested: "提现 %s，手续费 %s，到账 %s", settled: "提现 %s 已到账", due: "到期处理：%s（%s）",
			limit: "当前额度", used: "已使用", remaining: "剩余额度", usable: "可用", frozen: "冻结", no: "否",
			ledger: "额度明细", entry: "事项", limitBy: "额度变动", usedBy: "使用变动", openingWord: "期初", closingWord: "期末",
			statement: "货款明细", history: "提现记录", pending: "等待期内", available: "可提现", transit: "提现中", paidOut: "已到账", fees: "手续费", creditedAll: "累计入账",
			kinds:     map[string]string{"receipt": "自动确认收货", "charge": "发起扣款", "overdue": "标记逾期"},
			reasons:   map[credit.Reason]string{credit.ReasonOverdue: "逾期未付款", credit.ReasonFakeOrder: "恶意刷单", credit.ReasonOpenOrders: "未完成的订单", credit.ReasonOther: "其他"},
			movements: map[credit.Kind]string{credit.KindLineOpened: "开通", credit.KindLimitRaised: "提升", credit.KindLimitReduced: "减少", credit.KindQuotaDeducted: "扣除", credit.KindQuotaRestored: "恢复", credit.KindQuotaConsumed: "核销"},
			money:     map[funds.Kind]string{funds.KindCredited: "货款入账", funds.KindDebited: "退款", funds.KindWithdrawalRequested: "提现", funds.KindWithdrawalFailed: "提现退回", funds.KindChargePaid: "支付费用"},
			statuses:  map[funds.Status]string{funds.Requested: "处理中", funds.Settled: "已到账", funds.Failed: "失败"},
		}
	}
	return &texts{
		file: "file", opening: "A quota of 5,000, and an order that is too large", restores: "Payments restore the quota", overdue: "A buyer who does not pay, and a freeze",
		grows: "The shop grows: 20,000 and 100,000", withdrawal: "Received funds, and their withdrawal",
		placed: "order placed: %s", shipped: "shipped", received: "receipt confirmed", paid: "paid: %s", opened: "line opened with a limit of %s",
		deducted: "quota deducted: %s", restored: "quota restored: %s", raised: "limit raised from %s to %s", unfrozen: "freeze lifted",
		credited: "funds received: %s, available from %s", requested: "withdrawal of %s, fee %s, net %s", settled: "withdrawal %s has arrived", due: "due: %s (%s)",
		limit: "limit", used: "used", remaining: "remaining", usable: "usable", frozen: "frozen", no: "no",
		ledger: "The ledger of the quota", entry: "entry", limitBy: "limit by", usedBy: "used by", openingWord: "opening", closingWord: "closing",
		statement: "The statement of the funds", history: "The withdrawals", pending: "waiting", available: "available", transit: "in transit", paidOut: "paid out", fees: "fees", creditedAll: "received in all",
		kinds:     map[string]string{"receipt": "receipt by the system", "charge": "charge requested", "overdue": "marked overdue"},
		reasons:   map[credit.Reason]string{credit.ReasonOverdue: "overdue", credit.ReasonFakeOrder: "fake order", credit.ReasonOpenOrders: "open orders", credit.ReasonOther: "other"},
		movements: map[credit.Kind]string{credit.KindLineOpened: "opened", credit.KindLimitRaised: "raised", credit.KindLimitReduced: "reduced", credit.KindQuotaDeducted: "deducted", credit.KindQuotaRestored: "restored", credit.KindQuotaConsumed: "written off"},
		money:     map[funds.Kind]string{funds.KindCredited: "received", funds.KindDebited: "refund", funds.KindWithdrawalRequested: "withdrawal", funds.KindWithdrawalFailed: "returned", funds.KindChargePaid: "charge"},
		statuses:  map[funds.Status]string{funds.Requested: "requested", funds.Settled: "arrived", funds.Failed: "failed"},
	}
}
