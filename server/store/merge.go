package store

import (
	"context"
	"slices"
)

// merging is a page of several lists, none of which has a row of another: what
// comes first in a page of each. So every row is found by an index walk, where
// one query for all of the lists would sort them.
type merging[T any] struct {
	order Order
	rows  []placedRow[T]
	out   List[T]
}

type placedRow[T any] struct {
	item T
	at   Position
}

// pageOfAll reads one page of all the lists as page does of one.
func (l listing[T]) pageOfAll(ctx context.Context, db dbtx, lists []conditions, order Order) (List[T], error) {
	m := merging[T]{order: order}
	for _, cond := range lists {
		r, err := l.reading(ctx, db, cond, order)
		if err != nil {
			return List[T]{}, err
		}
		m.add(r)
	}
	return m.page(), nil
}

// add takes a page of one list. Where the first of the lists was not read any
// further, the page of all ends too.
func (m *merging[T]) add(r reading[T]) {
	for i, item := range r.out.Items {
		m.rows = append(m.rows, placedRow[T]{item, r.at[i]})
	}
	m.out.Total += r.out.Total
	m.out.AtLeast = m.out.AtLeast || r.out.AtLeast
	if next := r.out.Next; next != nil && (m.out.Next == nil || m.order.compare(*next, *m.out.Next) < 0) {
		m.out.Next = next
	}
}

func (m *merging[T]) page() List[T] {
	slices.SortFunc(m.rows, func(a, b placedRow[T]) int { return m.order.compare(a.at, b.at) })
	for i, row := range m.rows {
		if m.out.Next != nil && m.order.compare(row.at, *m.out.Next) > 0 {
			break
		}
		if i == m.order.Limit {
			m.out.Next = &m.rows[i-1].at
			break
		}
		m.out.Items = append(m.out.Items, row.item)
	}
	return m.out
}
