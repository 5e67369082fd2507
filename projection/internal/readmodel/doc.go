// Package readmodel is what the read models of assurance orders and those of pay-later orders
// have in common: columns and rows, pages, statements of a period, deadlines, who may ask, and
// how personal data is masked.
package readmodel
