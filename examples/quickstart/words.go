package main

import (
	"github.com/tradesurety/surety/examples/internal/display"
	"github.com/tradesurety/surety/order/rule"
)

// words are the words of one language.
type words struct {
	*display.Words
	title, again, reloaded, otherOrder string
}

func vocabulary(lang rule.Lang) *words {
	if lang == rule.Chinese {
		return &words{
			Words: display.In(lang), otherOrder: "另一订单",
			title: "合同 %s，数据文件 %s", again: "订单 %s 已在存储中，以下为存储的历史记录。",
			reloaded: "\n已重新读取全部 %d 条事件并重放：与运行中的订单一致，阶段：%s。",
		}
	}
	return &words{
		Words: display.In(lang), otherOrder: "other order",
		title: "contract %s, on %s", again: "order %s is stored already: this is its stored history.",
		reloaded: "\nreloaded from the store: %d events replayed, equal to the live order, phase %s.",
	}
}
