package seller

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// drawEvent draws any event of the package that its codec takes.
func drawEvent(t *rapid.T) Event {
	route := rapid.SampledFrom([]Route{RouteConsole, RouteServicePage}).Draw(t, "route")
	member := rapid.SampledFrom([]Membership{MemberPaid, MemberFree}).Draw(t, "membership")
	text := rapid.StringMatching(`[a-z<>&"\\一-龥]([a-z \x{2028}一-龥]{0,20}[a-z])?`)
	c := Certification{
		CompanyName: text.Draw(t, "company"), RegistrationNo: text.Draw(t, "number"),
		LegalRepresentative: rapid.SampledFrom([]string{"", "Wang"}).Draw(t, "name"), RegisteredAddress: text.Draw(t, "address"),
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return Activated{Route: route, Membership: member, Certification: c}
	case 1:
		return ActivationRejected{Route: route, Certification: c, Reason: trade.Text(text.Draw(t, "reason"))}
	case 2:
		return Suspended{Reason: trade.Text(text.Draw(t, "reason"))}
	default:
		return Reinstated{}
	}
}

// drawLife draws commands, decides them, and returns what was recorded and the live state.
func drawLife(t *rapid.T) ([]events.Recorded[Event], Service) {
	live, at := New("acme"), noon
	var history []events.Recorded[Event]
	for range rapid.IntRange(0, 12).Draw(t, "commands") {
		ask := rapid.SampledFrom([]Command{
			Activate{Route: RouteConsole}, Activate{Route: RouteServicePage, Certification: certification},
			Suspend{Reason: "counterfeit goods"}, Reinstate{},
		}).Draw(t, "command")
		who := rapid.SampledFrom([]trade.Actor{acme, platform}).Draw(t, "actor")
		know := rapid.SampledFrom([]Facts{{}, paid, free, approved(), rejected("unknown")}).Draw(t, "facts")
		at = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hours")) * time.Hour)
		made, err := Decide(live, ask, trade.Given{By: who, At: at}, know)
		if err != nil && len(made) > 0 {
			t.Fatalf("%v, and the events %v", err, made)
		}
		for _, e := range made {
			if err := live.Apply(e, at); err != nil {
				t.Fatalf("decided an event that cannot be: %v", err)
			}
			history = append(history, events.Recorded[Event]{At: at, Event: e})
		}
	}
	return history, live
}

// TestReplay holds the fold to its laws: a replay equals the live state, a prefix and the rest
// equal the whole, and the codec changes nothing.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history, live := drawLife(t)
		whole, err := Replay(New("acme"), history)
		if err != nil || whole != live {
			t.Fatalf("replayed %+v, %v; live %+v", whole, err, live)
		}
		cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
		prefix, _ := Replay(New("acme"), history[:cut])
		kept := prefix
		if rest, err := Replay(prefix, history[cut:]); err != nil || rest != whole {
			t.Fatalf("prefix and rest give %+v, %v", rest, err)
		}
		if prefix != kept {
			t.Fatal("the prefix was written")
		}
		for i := range history {
			history[i].Event = recode(t, history[i].Event)
		}
		if decoded, err := Replay(New("acme"), history); err != nil || decoded != whole {
			t.Fatalf("decoded history gives %+v, %v", decoded, err)
		}
	})
}

// TestHostileHistory applies events at random: one without a step is an error and changes
// nothing, any other moves the phase as the table says.
func TestHostileHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New("acme")
		for range 20 {
			e, before := drawEvent(t), s
			to, ok := Life().Table().Next(s.Phase, e.Kind())
			err := s.Apply(e, noon)
			var bad *trade.InvalidError
			switch {
			case ok && (err != nil || s.Phase != to):
				t.Fatalf("%s in %s: %v, now %s", e.Kind(), before.Phase, err, s.Phase)
			case !ok && (!errors.As(err, &bad) || s != before):
				t.Fatalf("%s in %s: %v, now %+v", e.Kind(), before.Phase, err, s)
			}
		}
	})
	history := []events.Recorded[Event]{{At: noon, Event: Activated{Route: RouteConsole, Membership: MemberPaid}}, {At: noon, Event: Reinstated{}}, {At: noon, Event: Suspended{Reason: "fraud"}}}
	s, err := Replay(New("acme"), history)
	if err == nil || s.Phase != order.ServiceActive {
		t.Errorf("a replay went on after an error: %+v, %v", s, err)
	}
	if err := s.Apply(nil, noon); err == nil {
		t.Error("nil is an event")
	}
}
