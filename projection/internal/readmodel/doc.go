// Package readmodel is what the read models of assurance orders and of pay-later orders share:
// columns and rows, pages, statements, deadlines, who may read, and how personal data is masked.
package readmodel
