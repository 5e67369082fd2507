package main

import (
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest/world"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// illustrate draws the pictures of a run into a directory and returns their paths.
func illustrate(r *world.Report, dir string) ([]string, error) {
	run := fmt.Sprintf("%s simulated orders, seed %d", count(r.Assurance+r.PayLater), r.Seed)
	var files []string
	for _, p := range []struct {
		file string
		make func(*world.Report) ([]panel, error)
	}{
		{"quota.svg", quota}, {"orders.svg", orders}, {"phases.svg", phases},
	} {
		panels, err := p.make(r)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, p.file)
		if err := save(path, run, panels); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}

// quota shows the used part of the lines and their limits.
func quota(r *world.Report) ([]panel, error) {
	var panels []panel
	for _, line := range []struct {
		title, taken string
		fill         color.Color
		of           func(world.Day) (taken, limit trade.Money)
	}{
		{"Assurance quota held by open orders", "held", blue, func(d world.Day) (trade.Money, trade.Money) { return d.Held, d.Limit }},
		{"Pay-later quota used by unpaid orders", "used", orange, func(d world.Day) (trade.Money, trade.Money) { return d.Used, d.Quota }},
	} {
		taken, limit := make(plotter.XYs, len(r.Days)), make(plotter.XYs, len(r.Days))
		most := 0.0
		var currency trade.Currency
		for i, d := range r.Days {
			t, l := line.of(d)
			x := float64(d.At.Unix())
			taken[i], limit[i] = plotter.XY{X: x, Y: t.Decimal().InexactFloat64()}, plotter.XY{X: x, Y: l.Decimal().InexactFloat64()}
			most = max(most, taken[i].Y, limit[i].Y)
			if !l.Currency().IsZero() {
				currency = l.Currency()
			}
		}
		if most == 0 {
			continue // there was no such line
		}
		unit, name := scale(most)
		for i := range taken {
			taken[i].Y /= unit
			limit[i].Y /= unit
		}
		p := newPanel(line.title, currency.String()+name)
		overTime(&p, r)
		if err := p.area(line.taken, line.fill, flat(taken), taken); err != nil {
			return nil, err
		}
		if err := p.line("limits of all lines", limit); err != nil {
			return nil, err
		}
		panels = append(panels, p)
	}
	return panels, nil
}

// orders shows how many orders were in each phase, stacked.
func orders(r *world.Report) ([]panel, error) {
	assurance, payLater := newPanel("Open assurance orders by phase", "orders"), newPanel("Open pay-later orders by phase", "orders")
	err := stack(&assurance, r, int(order.PhaseDraft), int(order.PhaseReceived),
		func(phase int) string { return order.Phase(phase).String() }, func(d world.Day, phase int) int { return d.Orders[phase] })
	if err != nil {
		return nil, err
	}
	err = stack(&payLater, r, int(paylater.PhasePlaced), int(paylater.PhaseOverdue),
		func(phase int) string { return paylater.Phase(phase).String() }, func(d world.Day, phase int) int { return d.PayLater[phase] })
	return []panel{assurance, payLater}, err
}

// stack adds phases to a panel, each on top of the previous one.
func stack(p *panel, r *world.Report, from, to int, name func(int) string, of func(world.Day, int) int) error {
	overTime(p, r)
	below := make(plotter.XYs, len(r.Days))
	for i, d := range r.Days {
		below[i].X = float64(d.At.Unix())
	}
	for phase := from; phase <= to; phase++ {
		above := slices.Clone(below)
		for i, d := range r.Days {
			above[i].Y += float64(of(d, phase))
		}
		if err := p.area(name(phase), qualitative[phase-from], below, above); err != nil {
			return err
		}
		below = above
	}
	return nil
}

// stays are the classes of durations in phases.svg: each ends at a bound of world.PhaseBounds.
var stays = []struct {
	name string
	ends time.Duration
}{
	{"under an hour", time.Hour},
	{"1 to 24 hours", 24 * time.Hour},
	{"1 to 3 days", 3 * 24 * time.Hour},
	{"3 to 7 days", 7 * 24 * time.Hour},
	{"7 to 15 days", 15 * 24 * time.Hour},
	{"15 to 30 days", 30 * 24 * time.Hour},
	{"30 days or more", math.MaxInt64},
}

// phases shows how long orders stayed in each phase: one bar for each phase, divided by duration.
func phases(r *world.Report) ([]panel, error) {
	var panels []panel
	for _, kind := range []struct{ name, title string }{
		{"assurance", "How long assurance orders stayed in each phase"},
		{"pay-later", "How long pay-later orders stayed in each phase"},
	} {
		var list []world.TimeInPhase
		for _, t := range r.Phases {
			if t.Kind == kind.name && t.Count > 0 {
				list = append(list, t)
			}
		}
		if len(list) == 0 {
			continue
		}
		slices.Reverse(list) // the first phase is the topmost bar
		p := newPanel(kind.title, "")
		p.plot.X.Label.Text = "share of the orders that left the phase, in per cent"
		p.plot.X.Min, p.plot.X.Max, p.plot.X.Tick.Marker = 0, 100, plot.TickerFunc(round)
		p.plot.Y.Min, p.plot.Y.Max = -0.6, float64(len(list))-0.4
		p.plot.Y.LineStyle.Width, p.plot.Y.Tick.LineStyle.Width = 0, 0
		ticks := make(plot.ConstantTicks, len(list))
		for i, t := range list {
			ticks[i] = plot.Tick{Value: float64(i), Label: fmt.Sprintf("%s (%s)", t.Phase, count(t.Count))}
		}
		p.plot.Y.Tick.Marker = ticks
		for i, t := range list {
			if err := bar(&p, float64(i), t); err != nil {
				return nil, err
			}
		}
		for i, s := range stays {
			p.legend(s.name, sequential[i])
		}
		panels = append(panels, p)
	}
	return panels, nil
}

// bar adds one phase to a panel, with its mean and its longest duration.
func bar(p *panel, y float64, t world.TimeInPhase) error {
	bounds := world.PhaseBounds()
	at, bucket := 0.0, 0
	for i, s := range stays {
		n := 0
		for bucket < len(t.Buckets) && (bucket == len(bounds) || bounds[bucket] <= s.ends) {
			n += t.Buckets[bucket]
			bucket++
		}
		to := at + 100*float64(n)/float64(t.Count)
		if err := p.box(at, to, y-0.36, y+0.36, sequential[i]); err != nil {
			return err
		}
		at = to
	}
	return p.note(101, y, fmt.Sprintf("mean %s, longest %s", span(t.Total/time.Duration(t.Count)), span(t.Max)))
}

// span returns a duration in words.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "under a minute"
	case d < time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 24*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	default:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	}
}

// scale returns a readable unit for an axis up to that value.
func scale(most float64) (unit float64, name string) {
	switch {
	case most >= 2e9:
		return 1e9, ", billions"
	case most >= 2e6:
		return 1e6, ", millions"
	case most >= 2e3:
		return 1e3, ", thousands"
	}
	return 1, ""
}

// flat returns the zero line below a series.
func flat(s plotter.XYs) plotter.XYs {
	zero := slices.Clone(s)
	for i := range zero {
		zero[i].Y = 0
	}
	return zero
}

// overTime gives a panel a horizontal axis with the days of the run, and a vertical axis from zero.
func overTime(p *panel, r *world.Report) {
	p.plot.X.Min, p.plot.X.Max = float64(r.Began.Unix()), float64(r.Until.Unix())
	p.plot.X.Tick.Marker = plot.TickerFunc(calendar)
	p.plot.X.Padding, p.plot.Y.Padding = 0, 0
	p.plot.Y.Min, p.plot.Y.Tick.Marker = 0, plot.TickerFunc(round)
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Width, grid.Horizontal.Color = 0, vg.Points(0.5), pale
	p.under = append(p.under, grid)
}

// round puts the ticks of an axis from zero at multiples of one, two or five of a power of ten.
func round(_, high float64) []plot.Tick {
	const most = 6
	step := math.Pow(10, math.Floor(math.Log10(max(high, 1e-9)/most)))
	for _, times := range []float64{2, 2.5, 2} { // 2, 5, 10 times the power below
		if high/step <= most {
			break
		}
		step *= times
	}
	var ticks []plot.Tick
	for i := 0; float64(i)*step <= high; i++ {
		value := float64(i) * step
		ticks = append(ticks, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'f', max(0, int(-math.Floor(math.Log10(step)))), 64)})
	}
	return ticks
}

// calendar puts the ticks of an axis of Unix seconds on days, or on the first days of months or years if
// there are many.
func calendar(low, high float64) []plot.Tick {
	from, to := time.Unix(int64(low), 0).UTC(), time.Unix(int64(high), 0).UTC()
	const most = 12
	days := to.Sub(from).Hours() / 24
	var ticks []plot.Tick
	add := func(t time.Time, layout string) {
		if !t.Before(from) && !t.After(to) {
			ticks = append(ticks, plot.Tick{Value: float64(t.Unix()), Label: t.Format(layout)})
		}
	}
	if days < 62 {
		step := max(1, int(math.Ceil(days/most)))
		for t := from.Truncate(24 * time.Hour); !t.After(to); t = t.AddDate(0, 0, step) {
			add(t, "2 Jan 2006")
		}
		return ticks
	}
	months := 1
	for _, months = range []int{1, 2, 3, 6, 12, 24, 60, 120, 600} {
		if days/30.4/float64(months) <= most {
			break
		}
	}
	layout := "Jan 2006"
	if months >= 12 {
		layout = "2006"
	}
	for t := time.Date(from.Year(), 1, 1, 0, 0, 0, 0, time.UTC); !t.After(to); t = t.AddDate(0, months, 0) {
		add(t, layout)
	}
	return ticks
}
