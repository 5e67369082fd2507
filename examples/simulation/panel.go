package main

import (
	"bytes"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The colours of the pictures: neighbours differ in lightness as well as in hue, so that they differ in
// grey and for readers who cannot distinguish red and green.
var (
	ink    = color.RGBA{0x33, 0x38, 0x3d, 0xff}
	pale   = color.RGBA{0xd5, 0xd9, 0xdd, 0xff}
	blue   = color.RGBA{0x3b, 0x7c, 0xb8, 0xff}
	orange = color.RGBA{0xe0, 0x8a, 0x2b, 0xff}

	qualitative = []color.RGBA{
		{0xc9, 0xd2, 0xda, 0xff}, {0x8f, 0xbf, 0xe0, 0xff}, {0x3b, 0x7c, 0xb8, 0xff},
		{0xf2, 0xc1, 0x4e, 0xff}, {0xe0, 0x8a, 0x2b, 0xff}, {0x5b, 0x8c, 0x5a, 0xff},
	}
	sequential = []color.RGBA{
		{0xe4, 0xf1, 0xf7, 0xff}, {0xbc, 0xdf, 0xea, 0xff}, {0x8a, 0xc4, 0xda, 0xff}, {0x56, 0xa3, 0xc6, 0xff},
		{0x2f, 0x7f, 0xab, 0xff}, {0x1c, 0x5a, 0x86, 0xff}, {0x12, 0x38, 0x5c, 0xff},
	}
)

const (
	width  = 12.5 * vg.Inch
	height = 4.2 * vg.Inch  // of a panel
	keys   = 1.95 * vg.Inch // the width of the legend
	margin = 0.25 * vg.Inch
)

// panel is one plot with its legend beside it.
type panel struct {
	plot  *plot.Plot
	under []plot.Plotter // drawn first
	over  []plot.Plotter
	keys  []key // from the top down
}

type key struct {
	name string
	icon plot.Thumbnailer
}

func newPanel(title, y string) panel {
	p := plot.New()
	p.Title.Text, p.Y.Label.Text = title, y
	p.Title.TextStyle = style(14, true)
	p.Title.Padding = vg.Points(10)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Label.TextStyle.Color = typeface(11, false), ink
		axis.Tick.Label.Font, axis.Tick.Label.Color = typeface(10, false), ink
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = ink, ink
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = vg.Points(0.7), vg.Points(0.7)
	}
	return panel{plot: p}
}

func typeface(size vg.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = 2
	}
	return f
}

func style(size vg.Length, bold bool) text.Style {
	return text.Style{Color: ink, Font: typeface(size, bold), XAlign: text.XCenter, YAlign: text.YTop, Handler: plot.DefaultTextHandler}
}

// area fills the area between two series; the last one is the topmost in the legend.
func (p *panel) area(name string, fill color.Color, below, above plotter.XYs) error {
	if len(above) == 0 {
		return nil
	}
	edge := make(plotter.XYs, 0, 2*len(above))
	edge = append(edge, above...)
	for i := len(below) - 1; i >= 0; i-- {
		edge = append(edge, below[i])
	}
	polygon, err := plotter.NewPolygon(edge)
	if err != nil {
		return err
	}
	polygon.Color, polygon.LineStyle.Width = fill, 0
	p.over = append(p.over, polygon)
	p.keys = append([]key{{name, polygon}}, p.keys...)
	return nil
}

// line draws a series as a line.
func (p *panel) line(name string, series plotter.XYs) error {
	line, err := plotter.NewLine(series)
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = ink, vg.Points(1.4), []vg.Length{vg.Points(5), vg.Points(3)}
	p.over = append(p.over, line)
	p.keys = append([]key{{name, line}}, p.keys...)
	return nil
}

// box fills a rectangle.
func (p *panel) box(left, right, bottom, top float64, fill color.Color) error {
	if right <= left {
		return nil
	}
	polygon, err := plotter.NewPolygon(plotter.XYs{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}})
	if err != nil {
		return err
	}
	polygon.Color, polygon.LineStyle.Width = fill, 0
	p.over = append(p.over, polygon)
	return nil
}

// note writes a text to the right of a point.
func (p *panel) note(x, y float64, words string) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{words}})
	if err != nil {
		return err
	}
	labels.TextStyle[0] = style(10, false)
	labels.TextStyle[0].XAlign, labels.TextStyle[0].YAlign = text.XLeft, text.YCenter
	p.over = append(p.over, labels)
	return nil
}

// legend adds a colour at the bottom of the legend.
func (p *panel) legend(name string, fill color.Color) {
	p.keys = append(p.keys, key{name, &plotter.Polygon{Color: fill}})
}

// save writes panels, one below the other, with a caption.
func save(path, caption string, panels []panel) error {
	all := vg.Length(len(panels))*height + 2*margin
	svg := vgsvg.NewWith(vgsvg.UseWH(width, all))
	canvas := draw.New(svg)
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Rectangle.Path())
	foot := style(10, false)
	foot.XAlign, foot.YAlign = text.XLeft, text.YBottom
	canvas.FillText(foot, vg.Point{X: margin, Y: margin / 2}, caption)

	plots, tiles := make([][]*plot.Plot, len(panels)), draw.Tiles{
		Rows: len(panels), Cols: 1, PadTop: margin, PadBottom: 2 * margin, PadLeft: margin, PadRight: keys, PadY: 1.5 * margin,
	}
	for i := range panels {
		panels[i].plot.Add(append(panels[i].under, panels[i].over...)...)
		panels[i].plot.Y.Max *= 1.05 // room above the highest point
		plots[i] = []*plot.Plot{panels[i].plot}
	}
	for i, row := range plot.Align(plots, tiles, canvas) {
		panels[i].plot.Draw(row[0])
		panels[i].drawLegend(canvas, row[0])
	}
	return write(path, svg)
}

// drawLegend draws the legend to the right of a plot.
func (p *panel) drawLegend(all draw.Canvas, beside draw.Canvas) {
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.TextStyle = style(10, false)
	legend.TextStyle.XAlign, legend.TextStyle.YAlign = text.XLeft, text.YCenter
	legend.Padding, legend.ThumbnailWidth, legend.YPosition = vg.Points(8), vg.Points(18), 0.4
	for _, k := range p.keys {
		legend.Add(k.name, k.icon)
	}
	all.Rectangle = vg.Rectangle{
		Min: vg.Point{X: all.Max.X - keys + margin, Y: beside.Min.Y},
		Max: vg.Point{X: all.Max.X - margin/2, Y: beside.Max.Y - vg.Points(30)},
	}
	legend.Draw(all)
}

// write writes the picture. Without Liberation Sans it is shown in a typeface with the same widths.
func write(path string, svg *vgsvg.Canvas) error {
	var b bytes.Buffer
	if _, err := svg.WriteTo(&b); err != nil {
		return err
	}
	picture := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return os.WriteFile(path, picture, 0o644)
}
