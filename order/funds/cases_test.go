package funds

import (
	"math"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The balances that the rules are tried on. What was credited at noon waits seven days.
var (
	never = after()
	week  = after(credited(orderA, 100, 7))
	free  = after(credited(orderA, 100, 0))
	mixed = after(credited(orderA, 100, 0), credited(orderB, 50, 7), credited(orderC, 30, 15))
	bound = after(credited(orderA, 100, 0), CardBound{Card: "6222-01", Holder: "acme"})

	moving  = after(credited(orderA, 100, 0), requested("w-1", 100, alipay))
	carded  = after(credited(orderA, 100, 0), CardBound{Card: "6222-01", Holder: "acme"}, requested("w-1", 100, toCard))
	owing   = after(credited(orderA, 100, 0), requested("w-1", 100, alipay), debited(orderA, 60, 60))
	settled = after(credited(orderA, 100, 0), requested("w-1", 40, alipay), WithdrawalSettled{ID: "w-1"})
	failed  = after(credited(orderA, 100, 0), requested("w-1", 40, alipay), WithdrawalFailed{ID: "w-1", Reason: "closed", Repaid: yuan(0)})
	charged = after(credited(orderA, 100, 0), ChargePaid{ID: "c-1", Amount: yuan(30), What: "promotion"})
	most    = after(Credited{Order: orderA, Amount: fen(math.MaxInt64), Repaid: yuan(0), AvailableAt: noon})

	none = Facts{}
)

func debited(id trade.ID, n, debt int64) Event {
	return Debited{Order: id, Amount: yuan(n), Debt: yuan(debt)}
}

func withdraw(n int64) Withdraw { return Withdraw{ID: "w-2", Amount: yuan(n), Dest: alipay} }

// with are the facts of a policy that waits for so many days and takes a fee in basis points.
func with(days, rate int, least, greatest, minimum trade.Money) Facts {
	return Facts{Policy: &Policy{HoldDays: days, FeeRate: rate, FeeMin: least, FeeMax: greatest, MinWithdrawal: minimum, Expected: day}}
}

func fees(rate int, least, greatest int64) Facts {
	return with(7, rate, fen(least), fen(greatest), trade.Money{})
}

// selling are the facts of a buyer who pays that much to a merchant whose credits wait so many days.
func selling(n int64, days int) Facts {
	f := with(days, 0, trade.Money{}, trade.Money{}, trade.Money{})
	f.Sale.Paid = yuan(n)
	return f
}

// taken is the event of a withdrawal in fen, requested at noon.
func taken(gross, fee int64, dest Dest) Event {
	return WithdrawalRequested{ID: "w-2", Gross: fen(gross), Fee: fen(fee), Net: fen(gross - fee), Dest: dest, ExpectedAt: noon.Add(day)}
}

func pays(n int64, days int) Event {
	return Credited{orderB, yuan(n), yuan(0), days, noon.Add(time.Duration(days) * day)}
}

// acceptances has for each rule what it accepts, and the balance after it.
var acceptances = []accepted{
	{"D56/accept/by default nobody waits", never, noon, Credit{orderA, yuan(5_000)}, Facts{Sale: Sale{Paid: yuan(5_000)}}, credited(orderA, 5_000, 0), figures{credited: 5_000, available: 5_000}},
	{"B8/accept/the amount that was paid", never, noon, Credit{orderA, yuan(5_000)}, sold(5_000), credited(orderA, 5_000, 7), figures{credited: 5_000, pending: 5_000}},
	{"B8/accept/the credit of the next order", free, noon, Credit{orderB, yuan(5)}, selling(5, 7), pays(5, 7), figures{credited: 105, pending: 5, available: 100}},
	{"B10/accept/all that is available to the merchant's own Alipay", free, noon, withdraw(100), none, taken(100_00, 0, alipay), figures{credited: 100, transit: 100}},
	{"B10/accept/to a bound card", bound, noon, Withdraw{"w-2", yuan(1), toCard}, none, taken(1_00, 0, toCard), figures{credited: 100, available: 99, transit: 1}},
	{"B10/accept/a card of the merchant's own", never, noon, BindCard{"6222-01", "acme"}, none, CardBound{"6222-01", "acme"}, figures{}},
	{"B10/accept/a card that nothing goes to is unbound", bound, noon, UnbindCard{"6222-01"}, none, CardUnbound{"6222-01"}, figures{credited: 100, available: 100}},
	{"B10/accept/an available part while the rest waits", mixed, noon, withdraw(100), none, taken(100_00, 0, alipay), figures{credited: 180, pending: 80, transit: 100}},
	{"B11/accept/settled long after it was expected", moving, noon.Add(90 * day), SettleWithdrawal{"w-1"}, none, WithdrawalSettled{"w-1"}, figures{credited: 100, paidOut: 100}},
	{"B14/accept/another charge from what is available", free, noon, PayCharge{"c-2", yuan(100), "logistics"}, none, ChargePaid{"c-2", yuan(100), "logistics"}, figures{credited: 100, spent: 100}},
	{"B16/accept/no fee", free, noon, withdraw(50), fees(0, 0, 0), taken(50_00, 0, alipay), figures{credited: 100, available: 50, transit: 50}},
	{"B16/accept/a fee of a tenth of a percent", free, noon, withdraw(100), fees(10, 0, 0), taken(100_00, 10, alipay), figures{credited: 100, transit: 100}},
	{"B17/accept/exactly 168 hours after the credit", week, ripe, withdraw(100), none, WithdrawalRequested{"w-2", yuan(100), yuan(0), yuan(100), alipay, ripe.Add(day)}, figures{credited: 100, transit: 100}},
	{"B17/accept/without a waiting time", never, noon, Credit{orderB, yuan(5)}, selling(5, 0), pays(5, 0), figures{credited: 5, available: 5}},
	{"B17/accept/fifteen days", never, noon, Credit{orderB, yuan(5)}, selling(5, 15), pays(5, 15), figures{credited: 5, pending: 5}},
	{"B17/accept/another number of days", never, noon, Credit{orderB, yuan(5)}, selling(5, 3650), pays(5, 3650), figures{credited: 5, pending: 5}},
	{"B19/accept/a withdrawal whatever the quota is", free, noon, withdraw(1), none, taken(1_00, 0, alipay), figures{credited: 100, available: 99, transit: 1}},
	{"D50/accept/the order's own waiting credit first", mixed, noon, Debit{orderB, yuan(20)}, paid(50, 0), debited(orderB, 20, 0), figures{credited: 180, pending: 60, available: 100, refunded: 20}},
	{"D50/accept/then what waits of others", mixed, noon, Debit{orderB, yuan(50)}, paid(50, 0), debited(orderB, 50, 0), figures{credited: 180, pending: 30, available: 100, refunded: 50}},
	{"D50/accept/an available credit is refunded from what waits", mixed, noon, Debit{orderA, yuan(70)}, paid(100, 30), debited(orderA, 70, 0), figures{credited: 180, pending: 10, available: 100, refunded: 70}},
	{"D50/accept/and then what is available", mixed, noon, Debit{orderA, yuan(100)}, paid(100, 0), debited(orderA, 100, 0), figures{credited: 180, available: 80, refunded: 100}},
	{"D50/accept/what is missing is a debt", moving, noon, Debit{orderA, yuan(60)}, paid(100, 0), debited(orderA, 60, 60), figures{credited: 100, transit: 100, refunded: 60, debt: 60}},
	{"D50/accept/a debt grows", owing, noon, Debit{orderA, yuan(40)}, paid(100, 60), debited(orderA, 40, 40), figures{credited: 100, transit: 100, refunded: 100, debt: 100}},
	{"D50/accept/a credit settles a part of the debt", owing, noon, Credit{orderB, yuan(20)}, selling(20, 7), Credited{orderB, yuan(20), yuan(20), 7, ripe}, figures{credited: 120, transit: 100, refunded: 60, debt: 40}},
	{"D50/accept/a waiting credit settles all of the debt", owing, noon, Credit{orderB, yuan(80)}, selling(80, 7), Credited{orderB, yuan(80), yuan(60), 7, ripe}, figures{credited: 180, pending: 20, transit: 100, refunded: 60}},
	{"D56/accept/the waiting time of the day of the credit", week, ripe, Credit{orderB, yuan(5)}, selling(5, 15), Credited{orderB, yuan(5), yuan(0), 15, ripe.Add(15 * day)}, figures{credited: 105, pending: 5, available: 100}},
	{"D57/accept/the least amount", free, noon, withdraw(10), with(7, 0, trade.Money{}, trade.Money{}, yuan(10)), taken(10_00, 0, alipay), figures{credited: 100, available: 90, transit: 10}},
	{"D57/accept/settled", moving, noon, SettleWithdrawal{"w-1"}, none, WithdrawalSettled{"w-1"}, figures{credited: 100, paidOut: 100}},
	{"D57/accept/failed, and all of it is available at once", moving, noon, FailWithdrawal{"w-1", "closed"}, none, WithdrawalFailed{"w-1", "closed", yuan(0)}, figures{credited: 100, available: 100}},
	{"D57/accept/failed, and the debt comes first", owing, noon, FailWithdrawal{"w-1", "closed"}, none, WithdrawalFailed{"w-1", "closed", yuan(60)}, figures{credited: 100, available: 40, refunded: 60}},
	{"D58/accept/a half is rounded up", free, noon, Withdraw{"w-2", fen(50_00), alipay}, fees(1, 0, 0), taken(50_00, 1, alipay), figures{credited: 100, available: 50, transit: 50}},
	{"D58/accept/less than a half is rounded down", free, noon, Withdraw{"w-2", fen(49_99), alipay}, fees(1, 0, 0), taken(49_99, 0, alipay), figures{credited: 100, available: 50, transit: 49}},
	{"D58/accept/the least fee", free, noon, withdraw(50), fees(10, 200, 500), taken(50_00, 2_00, alipay), figures{credited: 100, available: 50, transit: 50}},
	{"D58/accept/the greatest fee", free, noon, withdraw(50), fees(5_000, 200, 500), taken(50_00, 5_00, alipay), figures{credited: 100, available: 50, transit: 50}},
	{"D58/accept/a greatest fee of nothing is none", free, noon, withdraw(50), fees(5_000, 200, 0), taken(50_00, 25_00, alipay), figures{credited: 100, available: 50, transit: 50}},
	{"D58/accept/one fen is left", free, noon, Withdraw{"w-2", fen(101), alipay}, fees(0, 100, 100), taken(101, 100, alipay), figures{credited: 100, available: 98, transit: 1}},
	{"D58/accept/the rate of the largest amount", most, noon, Withdraw{"w-2", fen(math.MaxInt64), alipay}, fees(9_999, 0, 0), taken(math.MaxInt64, 9222449699651090329, alipay), figures{credited: 92233720368547758, transit: 92233720368547758}},
	{"D58/accept/a product of all 64 bits", most, noon, Withdraw{"w-2", fen(math.MaxInt64), alipay}, fees(2, 0, 0), taken(math.MaxInt64, 1844674407370955, alipay), figures{credited: 92233720368547758, transit: 92233720368547758}},
	{"D59/accept/a withdrawal needs nothing but funds and policy", mixed, ripe, withdraw(150), none, WithdrawalRequested{"w-2", yuan(150), yuan(0), yuan(150), alipay, ripe.Add(day)}, figures{credited: 180, pending: 30, transit: 150}},
	{"D61/accept/at the instant of the last event", free, noon, withdraw(1), none, taken(1_00, 0, alipay), figures{credited: 100, available: 99, transit: 1}},
}

// refusals has for each rule what it refuses.
var refusals = []refused{
	{"B2/refuse/a credit before the payment", free, noon, Credit{orderB, yuan(10)}, none, rule.B2, trade.Money{}, noInstant},
	{"B6/refuse/quota while there are funds", free, noon, WithdrawQuota{yuan(1), alipay}, none, rule.B6, trade.Money{}, noInstant},
	{"B6/refuse/quota while there are none", never, noon, WithdrawQuota{yuan(1), alipay}, none, rule.B6, trade.Money{}, noInstant},
	{"B6/refuse/quota while there is a debt", owing, noon, WithdrawQuota{yuan(1), alipay}, none, rule.B6, trade.Money{}, noInstant},
	{"B6/refuse/quota in an earlier instant, whatever it says", free, noon.Add(-day), WithdrawQuota{}, none, rule.B6, trade.Money{}, noInstant},
	{"B8/refuse/more than was paid", free, noon, Credit{orderB, yuan(11)}, sold(10), rule.B8, trade.Money{}, noInstant},
	{"B8/refuse/less than was paid", free, noon, Credit{orderB, yuan(9)}, sold(10), rule.B8, trade.Money{}, noInstant},
	{"B8/refuse/what was paid in another currency", free, noon, Credit{orderB, yuan(9)}, Facts{Sale: Sale{Paid: dollars(9)}}, rule.B8, trade.Money{}, noInstant},
	{"B8/refuse/a second credit", free, noon, Credit{orderA, yuan(100)}, paid(100, 0), rule.B8, trade.Money{}, noInstant},
	{"B10/refuse/more than is available", free, noon, Withdraw{"w-2", fen(100_01), alipay}, none, rule.B10, fen(1), noInstant},
	{"B10/refuse/more than there is with what waits", mixed, noon, Withdraw{"w-2", fen(180_01), alipay}, none, rule.B10, fen(80_01), noInstant},
	{"B10/refuse/nothing was received", never, noon, withdraw(1), none, rule.B10, yuan(1), noInstant},
	{"B10/refuse/while there is a debt", owing, noon, withdraw(1), none, rule.B10, yuan(1), noInstant},
	{"B10/refuse/what is in transit", moving, noon, withdraw(1), none, rule.B10, yuan(1), noInstant},
	{"B10/refuse/what was spent", charged, noon, withdraw(71), none, rule.B10, yuan(1), noInstant},
	{"B10/refuse/nothing", free, noon, withdraw(0), none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/no amount", free, noon, Withdraw{ID: "w-2", Dest: alipay}, none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/less than nothing", free, noon, withdraw(-1), none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/another person's Alipay", free, noon, Withdraw{"w-2", yuan(1), Dest{Alipay: Alipay{"acme@example.com", "mallory"}}}, none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/a card that is not bound", free, noon, Withdraw{"w-2", yuan(1), toCard}, none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/another person's card", free, noon, BindCard{"6222-01", "mallory"}, none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/unbound, and not bound", free, noon, UnbindCard{"6222-01"}, none, rule.B10, trade.Money{}, noInstant},
	{"B10/refuse/unbound while a withdrawal goes there", carded, noon, UnbindCard{"6222-01"}, none, rule.B10, trade.Money{}, noInstant},
	{"B14/refuse/a charge of more than is available", free, noon, PayCharge{"c-2", fen(100_01), "logistics"}, none, rule.B14, fen(1), noInstant},
	{"B14/refuse/a charge from what waits", week, ripe.Add(-1), PayCharge{"c-2", yuan(100), "logistics"}, none, rule.B14, yuan(100), ripe},
	{"B14/refuse/a charge without funds", never, noon, PayCharge{"c-2", yuan(1), "logistics"}, none, rule.B14, yuan(1), noInstant},
	{"B14/refuse/a charge of nothing", free, noon, PayCharge{"c-2", yuan(0), "logistics"}, none, rule.B14, trade.Money{}, noInstant},
	{"B14/refuse/the id of another charge", charged, noon, PayCharge{"c-1", yuan(30), "logistics"}, none, rule.B14, trade.Money{}, noInstant},
	{"B14/refuse/the id of a charge of another amount", charged, noon, PayCharge{"c-1", yuan(31), "promotion"}, none, rule.B14, trade.Money{}, noInstant},
	{"B17/refuse/a nanosecond before 168 hours have passed", week, ripe.Add(-1), withdraw(100), none, rule.B17, yuan(100), ripe},
	{"B17/refuse/a part of what waits", mixed, noon, withdraw(101), none, rule.B17, yuan(1), ripe},
	{"B17/refuse/what waits longest", mixed, noon, withdraw(151), none, rule.B17, yuan(51), noon.Add(15 * day)},
	{"B17/refuse/the last of what waits", mixed, ripe, withdraw(180), none, rule.B17, yuan(30), noon.Add(15 * day)},
	{"D50/refuse/more than was credited for the order", mixed, noon, Debit{orderB, yuan(51)}, paid(50, 0), rule.D50, yuan(1), noInstant},
	{"D50/refuse/more than is left of it", mixed, noon, Debit{orderB, yuan(21)}, paid(50, 30), rule.D50, yuan(1), noInstant},
	{"D50/refuse/an order that was not credited", mixed, noon, Debit{orderB, yuan(1)}, none, rule.D50, yuan(1), noInstant},
	{"D50/refuse/more than was ever credited", free, noon, Debit{orderA, yuan(101)}, paid(5_000, 0), rule.D50, yuan(1), noInstant},
	{"D50/refuse/before anything was credited", never, noon, Debit{orderA, yuan(1)}, paid(1, 0), rule.D50, yuan(1), noInstant},
	{"D57/refuse/less than the least amount", free, noon, Withdraw{"w-2", fen(9_99), alipay}, with(7, 0, trade.Money{}, trade.Money{}, yuan(10)), rule.D57, fen(1), noInstant},
	{"D57/refuse/settled twice", settled, noon, SettleWithdrawal{"w-1"}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/failed after it was settled", settled, noon, FailWithdrawal{"w-1", "closed"}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/settled after it failed", failed, noon, SettleWithdrawal{"w-1"}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/failed twice", failed, noon, FailWithdrawal{"w-1", "closed"}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/settled and never requested", free, noon, SettleWithdrawal{"w-1"}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/failed and never requested", free, noon, FailWithdrawal{"w-1", "closed"}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/the id of an open withdrawal of another amount", moving, noon, Withdraw{"w-1", yuan(99), alipay}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/the id of a settled withdrawal of another amount", settled, noon, Withdraw{"w-1", yuan(41), alipay}, none, rule.D57, trade.Money{}, noInstant},
	{"D57/refuse/the id of a failed withdrawal to elsewhere", failed, noon, Withdraw{"w-1", yuan(40), toCard}, none, rule.D57, trade.Money{}, noInstant},
	{"D58/refuse/a fee of all of it", free, noon, Withdraw{"w-2", fen(100), alipay}, fees(0, 100, 100), rule.D58, trade.Money{}, noInstant},
	{"D58/refuse/a fee of more", free, noon, Withdraw{"w-2", fen(99), alipay}, fees(0, 100, 100), rule.D58, trade.Money{}, noInstant},
	{"D58/refuse/a rate of all of it", free, noon, withdraw(50), fees(10_000, 0, 0), rule.D58, trade.Money{}, noInstant},
	{"D60/refuse/a credit in another currency", free, noon, Credit{orderB, dollars(1)}, Facts{Sale: Sale{Paid: dollars(1)}}, rule.D60, trade.Money{}, noInstant},
	{"D60/refuse/a refund in another currency", free, noon, Debit{orderA, dollars(1)}, paid(100, 0), rule.D60, trade.Money{}, noInstant},
	{"D60/refuse/a withdrawal in another currency", free, noon, Withdraw{"w-2", dollars(1), alipay}, none, rule.D60, trade.Money{}, noInstant},
	{"D60/refuse/a charge in another currency", free, noon, PayCharge{"c-2", dollars(1), "logistics"}, none, rule.D60, trade.Money{}, noInstant},
	{"D60/refuse/more than all credits can be", most, noon, Credit{orderB, fen(1)}, Facts{Sale: Sale{Paid: fen(1)}}, rule.D60, trade.Money{}, noInstant},
	{"D61/refuse/a withdrawal before the last event", free, noon.Add(-1), withdraw(1), none, rule.D61, trade.Money{}, noon},
	{"D61/refuse/a charge before the last event", free, noon.Add(-1), PayCharge{"c-2", yuan(1), "logistics"}, none, rule.D61, trade.Money{}, noon},
}

// noInstant is no instant: what is refused will not be possible by waiting.
var noInstant time.Time
