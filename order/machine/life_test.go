package machine_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// stage is the phase of a parcel, whose life the tests below have.
type stage uint8

const (
	unsent stage = iota
	sent
	arrived
	kept
)

var stages = machine.Names{
	{"unsent", "not sent yet", "尚未寄出"},
	{"sent", "sent", "已寄出"},
	{"arrived", "at the door", "已送达"},
	{"kept", "kept", "已签收"},
}

func (s stage) String() string             { return stages.Name(uint8(s)) }
func (s stage) Text(lang rule.Lang) string { return stages.Text(uint8(s), lang) }

type happening uint8

const (
	posted happening = iota + 1
	delivered
	signed
	noted
)

func (h happening) String() string {
	return [...]string{"", "parcel.posted", "parcel.delivered", "parcel.signed", "parcel.noted"}[h]
}

type (
	parcelStep   = machine.Step[stage, happening]
	parcelPermit = machine.Permit[stage, happening]
)

func roles(r ...trade.Role) []trade.Role { return r }

func parcelSteps() []parcelStep {
	return []parcelStep{
		{Event: posted, From: []stage{unsent}, To: sent},
		{Event: delivered, From: []stage{sent}, To: arrived},
		{Event: signed, From: []stage{arrived}, To: kept},
		{Event: noted, From: []stage{sent, arrived}, Stay: true},
	}
}

func parcelPermits() []parcelPermit {
	return []parcelPermit{
		{Command: "post", Roles: roles(trade.Seller), Phases: []stage{unsent}, Rule: rule.A6, Makes: []happening{posted}},
		parcelPermit{Command: "deliver", Roles: roles(trade.Platform), Phases: []stage{sent}, Rule: rule.A20, Makes: []happening{delivered}}.Unless(rule.D27, []stage{arrived, kept}).AsFact(),
		{Command: "sign", Roles: roles(trade.Buyer), Phases: []stage{arrived}, Rule: rule.A24, Makes: []happening{signed}},
		{Command: "sign", Roles: roles(trade.System, trade.Platform), Phases: []stage{sent, arrived}, Rule: rule.A24, Makes: []happening{delivered, signed}},
		parcelPermit{Command: "note", Roles: roles(trade.Buyer, trade.Seller, trade.Desk), Phases: []stage{sent, arrived}, Rule: rule.A9, Makes: []happening{noted}}.EvenFrozen(),
	}
}

func parcel(tb testing.TB) *machine.Life[stage, happening] {
	tb.Helper()
	l, err := machine.NewLife("parcel", "包裹", unsent, parcelSteps(), parcelPermits())
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

var monday = time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)

func by(role trade.Role) trade.Given {
	return trade.Given{By: trade.Actor{Role: role, Account: "a"}, At: monday}
}

// here is a stream in that phase that the actor may write to.
func here(p stage) machine.At[stage] { return machine.At[stage]{Phase: p, Party: true} }

// always is what Next needs to know if it is the same for every command.
func always(at machine.At[stage]) func(string) machine.At[stage] {
	return func(string) machine.At[stage] { return at }
}

// TestCheckOrder has a command fail in every combination of the five ways: the first one of role,
// party, phase, instant and freeze refuses it.
func TestCheckOrder(t *testing.T) {
	l := parcel(t)
	for faults := range 1 << 5 {
		has := func(i int) bool { return faults&(1<<i) != 0 }
		g, at := by(trade.Buyer), here(arrived)
		if has(0) {
			g.By.Role = trade.Seller
		}
		at.Party = !has(1)
		if has(2) {
			at.Phase = sent
		}
		at.LastAt = monday
		if has(3) {
			at.LastAt = monday.Add(1)
		}
		at.Frozen = has(4)
		wants := []struct {
			rule   rule.ID
			reason string
		}{
			{rule.A24, "the actor is the seller; "}, {rule.A24, "the account is not a party to the parcel"}, {rule.A24, "the parcel is sent; "},
			{rule.D61, ""}, {rule.D29, "a dispute or a chargeback is open"},
		}
		err := l.Check("sign", g, at)
		i := 0
		for i < 5 && !has(i) {
			i++
		}
		if i == 5 {
			if err != nil {
				t.Errorf("without a fault: %v", err)
			}
			continue
		}
		no, ok := errors.AsType[*trade.Refusal](err)
		if !ok || no.Rule != wants[i].rule || !strings.HasPrefix(no.Reason(rule.English), wants[i].reason) || no.Command != "sign" || no.ByActor() != (i < 2) || i >= 2 && no.Phase != at.Phase.String() {
			t.Errorf("faults %05b: %v; want %s, %s", faults, err, string(wants[i].rule), wants[i].reason)
			continue
		}
		if earliest := no.Earliest; i == 3 && !earliest.Equal(at.LastAt) || i != 3 && !earliest.IsZero() {
			t.Errorf("faults %05b: possible from %s", faults, earliest)
		}
	}
}

// TestCheckIsTheTable compares Check with the permits for every command, role and phase.
func TestCheckIsTheTable(t *testing.T) {
	l := parcel(t)
	permitted := 0
	for _, name := range []string{"post", "deliver", "sign", "note"} {
		for _, role := range roles(trade.Buyer, trade.Seller, trade.Platform, trade.System, trade.Desk) {
			for _, p := range []stage{unsent, sent, arrived, kept} {
				want := slices.ContainsFunc(parcelPermits(), func(r parcelPermit) bool {
					return r.Command == name && slices.Contains(r.Roles, role) && slices.Contains(r.Phases, p)
				})
				if err := l.Check(name, by(role), here(p)); (err == nil) != want {
					t.Errorf("%s by the %s in %s: %v", name, role, p, err)
				}
				if want {
					permitted++
				}
			}
		}
	}
	if permitted != 1+1+1+4+6 {
		t.Errorf("%d permitted", permitted)
	}
}

// TestRefusalTexts shows what a caller reads, in both languages.
func TestRefusalTexts(t *testing.T) {
	l := parcel(t)
	stranger := here(arrived)
	stranger.Party = false
	late, frozen := here(arrived), here(arrived)
	late.LastAt, frozen.Frozen = monday.Add(time.Hour), true
	for _, c := range []struct {
		command          string
		role             trade.Role
		at               machine.At[stage]
		rule             rule.ID
		english, chinese string
	}{
		{"post", trade.Buyer, here(unsent), rule.A6,
			"The actor is the buyer; post is for the seller, while it is not sent yet.",
			"操作者是买家；post 仅限卖家在“尚未寄出”状态下使用。"},
		{"post", trade.Seller, here(kept), rule.A6,
			"The parcel is kept; post is for the seller, while it is not sent yet.",
			"包裹的状态是“已签收”；post 仅限卖家在“尚未寄出”状态下使用。"},
		{"sign", trade.Seller, here(arrived), rule.A24,
			"The actor is the seller; sign is for the buyer, while it is at the door, and for the system and the platform, while it is sent or at the door.",
			"操作者是卖家；sign 仅限买家在“已送达”状态下，或系统、平台在“已寄出”、“已送达”状态下使用。"},
		{"note", trade.Platform, here(sent), rule.A9,
			"The actor is the platform; note is for the buyer, the seller and the desk, while it is sent or at the door.",
			"操作者是平台；note 仅限买家、卖家、服务台在“已寄出”、“已送达”状态下使用。"},
		{"sign", trade.Buyer, stranger, rule.A24, "The account is not a party to the parcel.", "该账号不是此包裹的当事人。"},
		{"sign", trade.Buyer, late, rule.D61,
			rule.D61.Text(rule.English) + " Here: possible from 2025-03-10T10:00:00Z.", rule.D61.Text(rule.Chinese) + "本次：最早可于 2025-03-10T10:00:00Z。"},
		{"sign", trade.Buyer, frozen, rule.D29,
			rule.D29.Text(rule.English) + " Here: a dispute or a chargeback is open.", rule.D29.Text(rule.Chinese) + "本次：有进行中的纠纷或拒付。"},
	} {
		no, ok := errors.AsType[*trade.Refusal](l.Check(c.command, by(c.role), c.at))
		if !ok || no.Rule != c.rule {
			t.Errorf("%s by the %s: %v, want %s", c.command, c.role, no, string(c.rule))
			continue
		}
		if got := no.Text(rule.English); got != c.english {
			t.Errorf("%s by the %s:\n%s\nwant:\n%s", c.command, c.role, got, c.english)
		}
		if got := no.Text(rule.Chinese); got != c.chinese {
			t.Errorf("%s by the %s:\n%s\nwant:\n%s", c.command, c.role, got, c.chinese)
		}
	}
}

// TestUnless has the other rule refuse by phase in the phases that are excepted, and nowhere else.
func TestUnless(t *testing.T) {
	l := parcel(t)
	for p, want := range map[stage]rule.ID{unsent: rule.A20, sent: rule.A20, arrived: rule.D27, kept: rule.D27} {
		for _, role := range roles(trade.Buyer, trade.Platform) {
			err := l.Check("deliver", by(role), here(p))
			if p == sent && role == trade.Platform {
				if err != nil {
					t.Errorf("in %s: %v", p, err)
				}
				continue
			}
			want := want
			if role == trade.Buyer {
				want = rule.A20 // who may issue it nowhere learns no phase (D64)
			}
			if !errors.Is(err, want) {
				t.Errorf("in %s by the %s: %v, want %s", p, role, err, string(want))
			}
		}
	}
	plain := parcelPermits()[0]
	if again := plain.Unless(rule.D27, []stage{kept}); plain.ExceptRule != "" || again.ExceptRule != rule.D27 || !reflect.DeepEqual(again.Except, []stage{kept}) {
		t.Errorf("%+v became %+v", plain, again)
	}
}

// TestFrozen accepts on a frozen stream only what a permit allows there.
func TestFrozen(t *testing.T) {
	l := parcel(t)
	at := here(arrived)
	at.Frozen = true
	if err := l.Check("note", by(trade.Seller), at); err != nil {
		t.Errorf("a note: %v", err)
	}
	if err := l.Check("sign", by(trade.System), at); !errors.Is(err, rule.D29) {
		t.Errorf("a signature: %v", err)
	}
}

// TestTheDeskHasNoInstant: what the desk writes may lie before the last event, and what others
// write may not.
func TestTheDeskHasNoInstant(t *testing.T) {
	l := parcel(t)
	at := here(sent)
	at.LastAt = monday.Add(time.Nanosecond)
	if err := l.Check("note", by(trade.Desk), at); err != nil {
		t.Errorf("the desk: %v", err)
	}
	if err := l.Check("note", by(trade.Seller), at); !errors.Is(err, rule.D61) {
		t.Errorf("the seller: %v", err)
	}
	at.LastAt = monday
	if err := l.Check("note", by(trade.Seller), at); err != nil {
		t.Errorf("the seller at the same instant: %v", err)
	}
}

// TestAFactHasNoClock: a command that is a fact for the role is refused for no instant, and takes
// that of the last event if it lies before it; of other roles it is refused.
func TestAFactHasNoClock(t *testing.T) {
	permits := parcelPermits()
	permits[2] = permits[2].AsFact()               // sign by the buyer
	permits[3] = permits[3].AsFact(trade.Platform) // and by the system and the platform
	l := machine.Must(machine.NewLife("parcel", "包裹", unsent, parcelSteps(), permits))
	for role, fact := range map[trade.Role]bool{trade.Buyer: true, trade.Platform: true, trade.System: false, trade.Seller: false} {
		if got := l.Fact("sign", role); got != fact {
			t.Errorf("of the %s: a fact is %t", role, got)
		}
		for _, behind := range []time.Duration{-time.Hour, 0, 1, 200 * 365 * 24 * time.Hour} {
			at, want := here(arrived), monday
			at.LastAt = monday.Add(behind)
			if fact && behind > 0 {
				want = at.LastAt
			}
			if got := l.Instant("sign", by(role), at.LastAt); got != want {
				t.Errorf("of the %s, %s behind: %s, want %s", role, behind, got, want)
			}
			if role == trade.Seller {
				continue
			}
			if err := l.Check("sign", by(role), at); errors.Is(err, rule.D61) != (behind > 0 && !fact) {
				t.Errorf("of the %s, %s behind: %v", role, behind, err)
			}
		}
	}
	if l.Fact("note", trade.Buyer) || l.Fact("burn", trade.Buyer) {
		t.Error("a command without a permit AsFact is a fact")
	}
	for _, choice := range l.Next(by(trade.Platform), always(machine.At[stage]{Phase: arrived, Party: true, LastAt: monday.Add(1)}), func(string) error { return nil }) {
		if choice.Refusal != nil {
			t.Errorf("%s: %v", choice.Command, choice.Refusal)
		}
	}
}

// TestCheckNamesUnknownCommands: a command without a permit is malformed, and its name is quoted
// within bounds.
func TestCheckNamesUnknownCommands(t *testing.T) {
	for _, name := range []string{"", "Sign", "sign ", "burn", strings.Repeat("burn", 10_000), "\x1b[2J"} {
		bad, ok := errors.AsType[*trade.InvalidError](parcel(t).Check(name, by(trade.Buyer), here(sent)))
		if !ok || bad.Field != "command" || !strings.HasSuffix(bad.Reason, " is not a command of the parcel") || len(bad.Reason) > 200 || strings.Contains(bad.Reason, "\x1b") {
			t.Errorf("%.20q: %v", name, bad)
		}
	}
}

// TestStep leads where the table says, and nowhere else.
func TestStep(t *testing.T) {
	l := parcel(t)
	if to, err := l.Step(sent, delivered); to != arrived || err != nil {
		t.Errorf("delivered: %s, %v", to, err)
	}
	if to, err := l.Step(sent, noted); to != sent || err != nil {
		t.Errorf("noted: %s, %v", to, err)
	}
	to, err := l.Step(kept, posted)
	if bad, ok := errors.AsType[*trade.InvalidError](err); to != kept || !ok || bad.Field != "event" || bad.Reason != "parcel.posted has no step from phase kept" {
		t.Errorf("posted again: %s, %v", to, err)
	}
}

// TestNext lists the commands of a role in a phase in the order of the table, with what blocks
// them, and probes only those that Check accepts.
func TestNext(t *testing.T) {
	l := parcel(t)
	blocked := trade.Refuse(rule.D60, "sign", "arrived")
	late, frozen, stranger := here(arrived), here(arrived), here(arrived)
	late.LastAt, frozen.Frozen, stranger.Party = monday.Add(1), true, false
	for _, c := range []struct {
		name  string
		role  trade.Role
		at    machine.At[stage]
		probe error
		want  string // command:rule
		asked string // the commands that were probed
	}{
		{"nothing blocks", trade.Buyer, here(arrived), nil, "[sign: note:]", "[sign note]"},
		{"the second permit of a command", trade.Platform, here(sent), nil, "[deliver: sign:]", "[deliver sign]"},
		{"a probe refuses", trade.Platform, here(arrived), blocked, "[sign:D60]", "[sign]"},
		{"a probe lacks what only a caller knows", trade.Platform, here(arrived), errors.New("no sample"), "[sign:]", "[sign]"},
		{"a wrapped refusal", trade.Platform, here(arrived), fmt.Errorf("here: %w", blocked), "[sign:D60]", "[sign]"},
		{"too early", trade.Buyer, late, nil, "[sign:D61 note:D61]", "[]"},
		{"frozen", trade.Buyer, frozen, nil, "[sign:D29 note:]", "[note]"},
		{"a stranger", trade.Buyer, stranger, nil, "[]", "[]"},
		{"an end", trade.Buyer, here(kept), nil, "[]", "[]"},
		{"nobody", 0, here(sent), nil, "[]", "[]"},
	} {
		var got, asked []string
		for _, choice := range l.Next(by(c.role), always(c.at), func(command string) error { asked = append(asked, command); return c.probe }) {
			text := choice.Command + ":"
			if choice.Refusal != nil {
				text += string(choice.Refusal.Rule)
			}
			got = append(got, text)
		}
		if fmt.Sprint(got) != c.want || fmt.Sprint(asked) != c.asked {
			t.Errorf("%s: %v, probed %v; want %s, %s", c.name, got, asked, c.want, c.asked)
		}
	}
	malformed := by(trade.Buyer)
	malformed.By.Account = ""
	if got := l.Next(malformed, always(here(arrived)), func(string) error { return nil }); len(got) > 0 {
		t.Errorf("a buyer without an account: %v", got)
	}
}

// TestLifeKeepsNothingOfItsCaller writes to what a life was made of, and to what it returned.
func TestLifeKeepsNothingOfItsCaller(t *testing.T) {
	steps, permits := parcelSteps(), parcelPermits()
	l := machine.Must(machine.NewLife("parcel", "包裹", unsent, steps, permits))
	for range 2 {
		for i := range steps {
			steps[i].Event, steps[i].From[0] = noted, kept
		}
		for i := range permits {
			p := &permits[i]
			p.Command, p.Roles[0], p.Phases[0], p.Makes[0] = "burn", trade.Desk, kept, noted
			if len(p.Except) > 0 {
				p.Except[0] = unsent
			}
			if len(p.Facts) > 0 {
				p.Facts[0] = trade.Desk
			}
		}
		if !reflect.DeepEqual(l.Steps(), parcelSteps()) || !reflect.DeepEqual(l.Permits(), parcelPermits()) {
			t.Errorf("a caller changed the tables:\n%v\n%v", l.Steps(), l.Permits())
		}
		if err := l.Check("post", by(trade.Seller), here(unsent)); err != nil {
			t.Error(err)
		}
		steps, permits = l.Steps(), l.Permits()
	}
	if l.Diagram(machine.WithStays) != l.Table().Mermaid(machine.WithStays) || l.Diagram() == l.Diagram(machine.WithStays) {
		t.Errorf("the diagram is\n%s", l.Diagram())
	}
}

// TestNewLifeRefusesBadTables passes on what New refuses; Must panics with it.
func TestNewLifeRefusesBadTables(t *testing.T) {
	twice := append(parcelSteps(), parcelSteps()[0])
	l, err := machine.NewLife("parcel", "包裹", unsent, twice, parcelPermits())
	if bad, ok := errors.AsType[*machine.TableError](err); l != nil || !ok || bad.Step != 4 {
		t.Errorf("%v, %v", l, err)
	}
	defer func() {
		if got := recover(); got != err {
			t.Errorf("panicked with %v, want %v", got, err)
		}
	}()
	machine.Must(l, err)
}

// TestNames has no name beyond the last value.
func TestNames(t *testing.T) {
	if got := [...]string{sent.String(), sent.Text(rule.English), sent.Text(rule.Chinese)}; got != [...]string{"sent", "sent", "已寄出"} {
		t.Errorf("%q", got)
	}
	for _, beyond := range []stage{kept + 1, 255} {
		if beyond.String() != "unknown" || beyond.Text(rule.English) != "unknown" || beyond.Text(rule.Chinese) != "unknown" {
			t.Errorf("%d is %s", beyond, beyond)
		}
	}
}
