// Package display describes orders for people: events, phases and commands in a few words of English
// or Chinese, and columns that line up in both languages.
package display

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
)

// Words are the words of one language.
type Words struct {
	Lang    rule.Lang
	Heading Heading
	Refused string

	phases   map[order.Phase]string
	commands map[string]string
}

// Heading has the names of columns.
type Heading struct{ Time, Actor, Event, Phase, Quota string }

// In returns the words of English or Chinese.
func In(lang rule.Lang) *Words {
	if lang == rule.Chinese {
		return &Words{
			Lang: lang, Refused: "✗ 拒绝，规则",
			Heading: Heading{Time: "时间 (UTC)", Actor: "操作方", Event: "事件", Phase: "阶段", Quota: "额度占用 / 可用"},
			phases: map[order.Phase]string{
				order.PhaseDraft: "草稿", order.PhaseSubmitted: "待买家确认", order.PhaseConfirmed: "待付款", order.PhaseReadyToShip: "待发货",
				order.PhaseShipped: "待收货", order.PhaseReceived: "已收货待尾款", order.PhaseCompleted: "已完成", order.PhaseClosed: "已关闭",
			},
			commands: map[string]string{
				"confirm": "确认订单", "link": "关联委托单", "mark-shipped": "发货", "confirm-receipt": "确认收货", "review": "评价",
				"edit-review": "修改评价", "reply": "回复评价", "modify": "修改订单", "refund": "退款", "open-dispute": "发起纠纷",
				"withdraw": "撤销纠纷", "escalate": "纠纷升级", "propose-settlement": "提出和解", "accept-settlement": "接受和解",
				"arbitrate": "仲裁",
			},
		}
	}
	return &Words{
		Lang: lang, Refused: "✗ refused by",
		Heading: Heading{Time: "time (UTC)", Actor: "actor", Event: "event", Phase: "phase", Quota: "quota held / available"},
	}
}

// Phase returns the name of a phase.
func (w *Words) Phase(p order.Phase) string {
	if s := w.phases[p]; s != "" {
		return s
	}
	return p.String()
}

// Command returns the name of a command.
func (w *Words) Command(name string) string {
	if s := w.commands[name]; s != "" {
		return s
	}
	return name
}

// Event describes an event in a few words.
func (w *Words) Event(event any) string {
	english, chinese := describe(event)
	if w.Lang == rule.Chinese {
		return chinese
	}
	return english
}

func describe(event any) (english, chinese string) {
	switch e := event.(type) {
	case seller.Activated:
		return "service activated, " + string(e.Membership) + " member", "信保服务已开通"
	case credit.LimitAssessed:
		return "limit assessed at " + e.Limit.String(), "信保额度评定为 " + e.Limit.String()
	case entrustment.Event:
		return describeEntrustment(e)
	case order.Event:
		return describeOrder(e)
	}
	return fmt.Sprintf("%T", event), fmt.Sprintf("%T", event)
}

func describeEntrustment(event entrustment.Event) (english, chinese string) {
	switch e := event.(type) {
	case entrustment.Drafted:
		return "entrustment drafted", "起草委托单"
	case entrustment.Submitted:
		return "entrustment submitted", "提交委托单"
	case entrustment.Approved:
		return "entrustment approved by OneTouch", "一达通审核通过"
	case entrustment.Declared:
		return "declared to customs, no. " + string(e.Declaration.Number), "报关，报关单号 " + string(e.Declaration.Number)
	case entrustment.Released:
		at := e.ReleasedAt.UTC().Format("01-02 15:04")
		return "released by customs on " + at, "通关放行，放行时间 " + at
	}
	return event.Kind().String(), event.Kind().String()
}

func describeOrder(event order.Event) (english, chinese string) {
	switch e := event.(type) {
	case order.Drafted:
		return "order drafted " + string(e.Mode), "在线起草订单"
	case order.BuyerEntered:
		return "buyer entered: " + e.BuyerName, "填写买家信息：" + e.BuyerName
	case order.BuyerMatched:
		return "buyer matched", "匹配买家信息"
	case order.TermsSet:
		return fmt.Sprintf("terms set: %s, %s in advance", e.Terms.Total, e.Terms.Initial), fmt.Sprintf("订单总额 %s，预付款 %s", e.Terms.Total, e.Terms.Initial)
	case order.TransportSet:
		return "transport by " + string(e.Mode), "运输方式：" + map[order.Transport]string{"air": "空运", "land": "陆运", "sea": "海运"}[e.Mode]
	case order.CoverageChosen:
		return "coverage: " + string(e.Coverage), "保障方式：" + map[order.Coverage]string{"none": "0保障", "pre-shipment": "保障到发货前", "post-delivery": "保障到收货后"}[e.Coverage]
	case order.Submitted:
		return "submitted: receiving account and link are made", "提交订单，生成收款账号和订单链接"
	case order.HoldPlaced:
		return "quota held: " + e.Amount.String(), "占用信保额度 " + e.Amount.String()
	case order.HoldReleased:
		return "quota released: " + e.Amount.String(), "释放信保额度 " + e.Amount.String()
	case order.Confirmed:
		return fmt.Sprintf("confirmed, terms at revision %d", e.Terms), fmt.Sprintf("买家确认订单，条款版本 %d", e.Terms)
	case order.PaymentReceived:
		return "T/T received: " + e.Amount.String(), "收到电汇 " + e.Amount.String()
	case order.Funded:
		return "initial payment satisfied", "预付款已付清"
	case order.EntrustmentLinked:
		return "entrustment linked: " + string(e.Entrustment), "关联委托单 " + string(e.Entrustment)
	case order.EntrustmentReleased:
		return "release noted: " + string(e.Entrustment), "委托单放行 " + string(e.Entrustment)
	case order.Shipped:
		late, lateChinese := "", ""
		if e.Late {
			late, lateChinese = " late", "（晚于约定时间）"
		}
		by := e.ReceiptDeadline.UTC().Format("01-02")
		return "shipped" + late + ", automatic receipt on " + by, "已发货" + lateChinese + "，自动确认收货日 " + by
	case order.ReceiptConfirmed:
		return "receipt confirmed", "确认收货"
	case order.Completed:
		return "completed: received and paid in full", "交易完成：已收货且已付清"
	case order.Reviewed:
		return fmt.Sprintf("reviewed, %d of 5", e.Rating), fmt.Sprintf("买家评价 %d 分", e.Rating)
	}
	return describeTrouble(event)
}

// describeTrouble describes the events of changes, disputes, refunds and closing.
func describeTrouble(event order.Event) (english, chinese string) {
	switch e := event.(type) {
	case order.TermsModified:
		return fmt.Sprintf("terms modified: %s", e.Terms.Total), fmt.Sprintf("卖家修改订单，总额 %s", e.Terms.Total)
	case order.ChangeProposed:
		return fmt.Sprintf("change %d proposed: total %s", e.Proposal, e.Terms.Total), fmt.Sprintf("申请变更 %d：总额 %s", e.Proposal, e.Terms.Total)
	case order.ChangeAccepted:
		return fmt.Sprintf("change %d accepted", e.Proposal), fmt.Sprintf("买家同意变更 %d", e.Proposal)
	case order.ChangeRejected:
		return fmt.Sprintf("change %d rejected", e.Proposal), fmt.Sprintf("买家拒绝变更 %d", e.Proposal)
	case order.HoldAdjusted:
		return fmt.Sprintf("quota held: %s, was %s", e.To, e.From), fmt.Sprintf("占用额度由 %s 调整为 %s", e.From, e.To)
	case order.DisputeOpened:
		return fmt.Sprintf("dispute opened (%s), %s claimed", e.Ground, e.Claimed), fmt.Sprintf("买家发起纠纷，索赔 %s", e.Claimed)
	case order.DisputeWithdrawn:
		return "dispute withdrawn", "买家撤销纠纷"
	case order.DisputeEscalated:
		return "dispute escalated by the " + e.By.Text(rule.English), "纠纷升级，由" + e.By.Text(rule.Chinese) + "提交"
	case order.SettlementProposed:
		return fmt.Sprintf("settlement %d offered: refund of %s", e.Proposal, e.Refund), fmt.Sprintf("提出和解方案 %d：退款 %s", e.Proposal, e.Refund)
	case order.SettlementAccepted:
		return fmt.Sprintf("settlement %d accepted", e.Proposal), fmt.Sprintf("接受和解方案 %d", e.Proposal)
	case order.Arbitrated:
		if !e.Compensation.IsZero() {
			return "ruled: compensation of " + e.Compensation.String(), "仲裁：赔付 " + e.Compensation.String()
		}
		return "ruled: refund of " + e.Refund.String(), "仲裁：退款 " + e.Refund.String()
	case order.ClaimPosted:
		return "platform compensates " + e.Amount.String(), "平台先行垫付 " + e.Amount.String()
	case order.RefundMade:
		return "refunded: " + e.Amount.String(), "退款 " + e.Amount.String()
	case order.UnappliedReturned:
		return "unapplied money returned: " + e.Amount.String(), "退回未入账款项 " + e.Amount.String()
	case order.ReceiptExtended:
		by := e.ReceiptDeadline.UTC().Format("01-02")
		return "receipt extended to " + by, "延长收货至 " + by
	case order.Closed:
		return "closed: " + string(e.Reason), "订单关闭"
	}
	return event.Kind().String(), event.Kind().String()
}
