// How long the kernel lets a thread run before others get their turn, and whose turn comes first.
#pragma once

namespace overtake {

// A thread that serves many, or a light request, and one that is busy with a heavy one: whoever
// wakes up with the short slice need not wait until the other's long one is over. 0.1 ms is the
// shortest that the kernel grants. The heavy one's is short for another reason: a thread of low
// priority waits for its turn in proportion to its slice, at nice 5 three times as long (EEVDF: the
// deadline is slice / weight), for each busy thread of normal priority that it competes with.
inline constexpr int kLightSliceMicros = 100;
inline constexpr int kHeavySliceMicros = 500;
inline constexpr int kOrdinarySliceMicros = 0;  // what the kernel gives who asks for nothing

// Asks the kernel's scheduler for turns of `micros` microseconds for the calling thread
// (SCHED_OTHER with sched_runtime, Linux 6.12 and later; needs no privilege). A thread with short
// turns that wakes up may interrupt one with longer turns, and gets no more of the processor than
// before. False where the kernel does not know it; nothing has changed then.
bool SetTimeSlice(int micros);

// The priority of heavy work. With short slices it is low enough for a light request to come first,
// as low as any that was measured, and high enough for heavy ones to get a quarter of a processor
// that a busy thread of normal priority, or a neighbour's process, wants for itself.
inline constexpr int kHeavyNice = 5;

// Gives the calling thread that priority, for good: without privilege a thread cannot raise its
// priority again.
void LowerPriority();

}  // namespace overtake
