// Package tell prints orders for people: events, phases and refusals in a few words of English
// or Chinese, in columns that line up in both.
package tell

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/seller"
)

// Words is the language in which an example prints.
type Words struct {
	Lang                                      order.Lang
	Time, Who, What, Standing, Quota, Refused string

	phases   map[order.Phase]string
	commands map[string]string
}

// In returns the words of a language; there are two.
func In(lang order.Lang) *Words {
	if lang == order.Chinese {
		return &Words{
			Lang: lang,
			Time: "时间 (UTC)", Who: "操作方", What: "事件", Standing: "阶段", Quota: "额度占用 / 可用", Refused: "✗ 拒绝，规则",
			phases: map[order.Phase]string{
				order.PhaseDraft: "草稿", order.PhaseSubmitted: "待买家确认", order.PhaseConfirmed: "待付款", order.PhaseReadyToShip: "待发货",
				order.PhaseShipped: "待收货", order.PhaseReceived: "已收货待尾款", order.PhaseCompleted: "已完成", order.PhaseClosed: "已关闭",
			},
			commands: map[string]string{"confirm": "确认订单", "link": "关联委托单", "mark-shipped": "发货"},
		}
	}
	return &Words{
		Lang: lang,
		Time: "time (UTC)", Who: "actor", What: "event", Standing: "phase", Quota: "quota held / available", Refused: "✗ refused by",
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

// Event says in a few words what happened.
func (w *Words) Event(event any) string {
	english, chinese := describe(event)
	if w.Lang == order.Chinese {
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
		return "shipped, automatic receipt on " + e.ReceiptDeadline.UTC().Format("01-02"), "已发货，自动确认收货日 " + e.ReceiptDeadline.UTC().Format("01-02")
	case order.ReceiptConfirmed:
		return "receipt confirmed", "确认收货"
	case order.Completed:
		return "completed: received and paid in full", "交易完成：已收货且已付清"
	case order.Reviewed:
		return fmt.Sprintf("reviewed, %d of 5", e.Rating), fmt.Sprintf("买家评价 %d 分", e.Rating)
	}
	return event.Kind().String(), event.Kind().String()
}
