package memory_test
import ("testing";"context";"syscall";"time";"runtime";"github.com/tradesurety/surety/events";"github.com/tradesurety/surety/events/memory")
func cpu() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Utime.Nano()) }
func sys() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Stime.Nano()) }
func TestZZ(t *testing.T) {
	ctx, list := context.Background(), order()
	const orders = 20000
	names := make([]events.StreamID, orders)
	for i := range names { names[i] = stream(i) }
	for range 2 { for _, floor := range []bool{false,true} { for _, each := range []int{1,2,12} {
	 runtime.GC()
	 var m0,m1 runtime.MemStats; runtime.ReadMemStats(&m0)
	 u,s,w := cpu(),sys(),time.Now(); n:=0; k:=0
	 for range 5 { st := memory.New(); fl := newFloor()
	  for i := range orders { for at:=0; at<life; at+=each { k++; c := events.Commit{ID:id(k),Batches:[]events.Batch{{Stream:names[i],After:events.Version(at),Events:list[at:at+each]}}}
	  if floor { fl.Append(c) } else if _,err := st.Append(ctx, c); err!=nil{t.Fatal(err)}; n+=each }}}
	 runtime.ReadMemStats(&m1)
	 d:=time.Duration(n)
	 t.Logf("floor %v each %d: user %v sys %v wall %v per event, %d B %.2f allocs, gc %d", floor, each,(cpu()-u)/d,(sys()-s)/d,time.Since(w)/d,(m1.TotalAlloc-m0.TotalAlloc)/uint64(n), float64(m1.Mallocs-m0.Mallocs)/float64(n), m1.NumGC-m0.NumGC)
	}}}
}
