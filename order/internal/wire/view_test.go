package wire

import (
	"strings"
	"testing"
	"time"
)

type viewed struct {
	ID       string
	HTTPPath string
	PaidAt   time.Time
	Named    int `json:"own_name,omitzero"`
	Unnamed  int `json:"-"`
	Missing  int
	List     []viewedPart
	secret   string
	viewedPart
	Happened any
}

type viewedPart struct{ Open bool }

type viewedKind uint8

func (viewedKind) String() string { return "part.opened" }

type viewedEvent struct{ By viewedKind }

func (viewedEvent) Kind() viewedKind { return 1 }

// TestAppendView has every rule of the form, and what has none.
func TestAppendView(t *testing.T) {
	v := viewed{
		ID: "1 & 2", HTTPPath: "/", PaidAt: time.Date(2026, 1, 2, 4, 0, 0, 0, time.FixedZone("", 3600)), Named: 3, Unnamed: 4,
		List: []viewedPart{{}, {true}}, secret: "s", viewedPart: viewedPart{true}, Happened: viewedEvent{2},
	}
	got, err := AppendView([]byte("x"), v)
	const want = `x{"id":"1 & 2","http_path":"/","paid_at":"2026-01-02T03:00:00Z","own_name":3,"unnamed":4,"list":[{},{"open":true}],"open":true,"happened":{"type":"part.opened","by":"part.opened"}}`
	if err != nil || string(got) != want {
		t.Errorf("got\n%s, %v\nwant\n%s", got, err, want)
	}
	if got, err := AppendView(nil, viewed{}); err != nil || string(got) != "{}" {
		t.Errorf("the zero value is %s, %v", got, err)
	}
	for _, bad := range []any{struct{ F func() }{func() {}}, struct{ M map[string]int }{map[string]int{"a": 1}}, struct{ A any }{1}} {
		if got, err := AppendView(nil, bad); err == nil || !strings.Contains(err.Error(), "has no form") {
			t.Errorf("%T is %s, %v", bad, got, err)
		}
	}
}
