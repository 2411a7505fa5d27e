// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker.h"

#include <algorithm>
#include <limits>
#include <sched.h>

#include "dataplane/wire/fragment.h"
#include "dataplane/wire/lasting_header.h"
#include "dataplane/wire/plain.h"

namespace mimir {

namespace {

constexpr TimeNs kBeforeAll = std::numeric_limits<TimeNs>::min();
constexpr TimeNs kAfterAll = std::numeric_limits<TimeNs>::max();

}  // namespace

Worker::Worker(const WorkerOptions& options, source::PacketSource& source,
               RecordRing& ring) noexcept
    : options_(options),
      source_(source),
      ring_(ring),
      v4_(options.flow_count_max, options.flow_count_first, options.secret, options.window_ns),
      v6_(options.ipv6_flow_count_max, options.flow_count_first, options.secret, options.window_ns),
      duplicates_(options.duplicate_distance_ns),
      inspector_(options.inspection),
      watermark_ns_(kBeforeAll),
      closed_before_ns_(kBeforeAll),
      next_close_ns_(kBeforeAll),
      sweep_before_ns_(kBeforeAll) {
  const TimeNs window_max = OpenWindows::kLatenessWindowMax;
  if (options_.lateness_ns / window_max >= options_.window_ns) {
    options_.lateness_ns = window_max * options_.window_ns;
  }
}

bool Worker::step() noexcept {
  PacketTap* const tap = tap_.load(std::memory_order_acquire);
  if (tap != used_tap_.load(std::memory_order_relaxed)) [[unlikely]]
    used_tap_.store(tap, std::memory_order_release);
  if (source_.poll(batch_) == source::Poll::kEnd) return false;
  if (batch_.count > 0) {
    make_room();
    dissect_batch();
    if (tap != nullptr) [[unlikely]]
      tap_batch(*tap);
    if (shedder_.level() > 0) [[unlikely]]
      shed_batch();
    if (duplicates_.is_on()) drop_duplicates();
    locate_batch();
    count_batch();
  } else if (batch_.now_ns > watermark_ns_) {
    advance(batch_.now_ns);  // a quiet link still closes its windows
  }
  shedder_.observe(batch_.load, watermark_ns_);
  if (sweep_ != Sweep::kNone) continue_sweep();
  if (out_count_ > 0) flush();
  return true;
}

// For all flows of a burst, before any of its packets is located. A sweep under way begins
// again: what it had done is idle by now, and is forgotten.
void Worker::make_room() noexcept {
  constexpr std::size_t kBurst = source::PacketBatch::kPacketMax;
  if (v4_.has_room(kBurst) && v6_.has_room(kBurst)) [[likely]]
    return;
  while (!v4_.has_room(kBurst)) v4_.grow();
  while (!v6_.has_room(kBurst)) v6_.grow();
  sweep_position_ = 0;
}

// Stage by stage over the burst: by the time the last packet is dissected, the first
// one's tags have arrived from memory, and so on.
void Worker::dissect_batch() noexcept {
  const bool is_ethernet = batch_.link == LinkType::kEthernet;
  for (std::size_t i = 0; i < batch_.count; ++i) {
    const source::PacketView& packet = batch_.packets[i];
    Parsed& parsed = parsed_[i];
    parsed.drop = Drop::kNone;
    if (!is_ethernet ||
        !wire::dissect_plain(packet.frame(), packet.wire_bytes, options_.dissect, parsed.facts)) {
      parsed.drop = dissect(packet, parsed.facts);
      if (parsed.drop != Drop::kNone) continue;
    }
    if (parsed.facts.family == wire::Family::kIpv4) [[likely]] {
      parsed.hash = v4_.hash_of(parsed.facts.key_v4);
      v4_.prefetch(parsed.hash);
    } else {
      parsed.hash = v6_.hash_of(parsed.facts.key_v6);
      v6_.prefetch(parsed.hash);
    }
  }
}

// Whichever flows this worker counts, it remembers the fragments of all: so every one of
// several agrees on which are known.
Drop Worker::dissect(const source::PacketView& packet, wire::PacketFacts& facts) noexcept {
  const Drop drop =
      wire::dissect(batch_.link, packet.frame(), packet.wire_bytes, options_.dissect, facts);
  const bool is_read = drop == Drop::kNone || drop == Drop::kIpFragment;
  if (!is_read || facts.fragment == wire::Fragment::kNone) [[likely]]
    return drop;
  const wire::FragmentId id = wire::fragment_id(facts);
  const std::uint64_t fingerprint =
      flow::hash(std::as_bytes(std::span(&id, 1)), 0, options_.secret);
  if (facts.fragment == wire::Fragment::kFirst) {
    const wire::FragmentEnds ends = wire::fragment_ends(facts);
    fragments_.remember(fingerprint, packet.time_ns,
                        {ends.source_port, ends.destination_port, ends.protocol});
    return drop;
  }
  const flow::FragmentMemory::Ends* const ends = fragments_.find(fingerprint, packet.time_ns);
  if (ends == nullptr) return drop;
  wire::set_fragment_flow({ends->source_port, ends->destination_port, ends->protocol}, facts);
  return Drop::kNone;
}

void Worker::tap_batch(PacketTap& tap) noexcept {
  for (std::size_t i = 0; i < batch_.count; ++i) {
    const Parsed& parsed = parsed_[i];
    if (parsed.drop != Drop::kNone) continue;
    tap.look_at(batch_.packets[i], parsed.facts.family == wire::Family::kIpv4
                                       ? widen(parsed.facts.key_v4)
                                       : parsed.facts.key_v6);
  }
}

// Before all that looks into memory, which is what shedding saves.
void Worker::shed_batch() noexcept {
  for (std::size_t i = 0; i < batch_.count; ++i) {
    Parsed& parsed = parsed_[i];
    if (parsed.drop == Drop::kNone && !shedder_.keeps(parsed.hash)) parsed.drop = Drop::kShed;
  }
}

// Before the flows are shared out: with any number of workers each sees every packet of
// a capture, and so all see the same duplicates.
void Worker::drop_duplicates() noexcept {
  for (std::size_t i = 0; i < batch_.count; ++i) {
    Parsed& parsed = parsed_[i];
    if (parsed.drop != Drop::kNone) continue;
    const wire::LastingHeader header = wire::lasting_header(parsed.facts);
    const std::uint64_t fingerprint =
        flow::hash(header.bytes, parsed.facts.ip_bytes, options_.secret);
    if (duplicates_.is_duplicate(fingerprint, batch_.packets[i].time_ns)) {
      parsed.drop = Drop::kDuplicate;
    }
  }
}

void Worker::locate_batch() noexcept {
  for (std::size_t i = 0; i < batch_.count; ++i) {
    Parsed& parsed = parsed_[i];
    if (parsed.drop != Drop::kNone) continue;
    if (parsed.facts.family == wire::Family::kIpv4) [[likely]] {
      parsed.slot = v4_.locate(parsed.hash);
    } else {
      parsed.slot = v6_.locate(parsed.hash);
    }
  }
}

// Inlined into both loops: a call would pass by memory what is in registers.
[[gnu::always_inline]] inline Drop Worker::credit(const source::PacketView& packet,
                                                  const Parsed& parsed) noexcept {
  const flow::PacketCount count{.time_ns = packet.time_ns,
                                .window_begin_ns = window_begin_ns_,
                                .window_end_ns = window_end_ns_,
                                .ip_bytes = parsed.facts.ip_bytes,
                                .direction = parsed.facts.direction,
                                .tcp_flags = parsed.facts.tcp_flags};
  const auto emit_record = [this](const FlowRecord& record) noexcept { emit(record); };
  if (parsed.facts.family == wire::Family::kIpv4) [[likely]] {
    return v4_.count(parsed.facts.key_v4, parsed.hash, parsed.slot, count, emit_record);
  }
  return v6_.count(parsed.facts.key_v6, parsed.hash, parsed.slot, count, emit_record);
}

void Worker::count_batch() noexcept {
  if (is_in_step()) {
    // Two loops: the one that does not look into packets is not to pay for the other.
    inspector_.is_on() ? count_in_step<true>() : count_in_step<false>();
  } else {
    for (std::size_t i = 0; i < batch_.count; ++i) count_packet(batch_.packets[i], parsed_[i]);
  }
}

// The common case: then no packet of the burst needs to be asked for its time.
bool Worker::is_in_step() const noexcept {
  if (current_ == nullptr) return false;
  TimeNs before_ns = std::max(watermark_ns_, window_begin_ns_);
  bool ascends = true;
  for (std::size_t i = 0; i < batch_.count; ++i) {
    ascends &= batch_.packets[i].time_ns >= before_ns;
    before_ns = batch_.packets[i].time_ns;
  }
  return ascends && before_ns < std::min(window_end_ns_, next_close_ns_);
}

template <class Table, class Key>
[[gnu::always_inline]] inline Inspection* wanted(const payload::Inspector& inspector, Table& table,
                                                 const Key& key, std::uint64_t hash,
                                                 std::size_t slot,
                                                 const wire::PacketFacts& facts) noexcept {
  Inspection& state = table.inspection(key, hash, slot);
  return inspector.wants(facts.payload, facts.direction, state) ? &state : nullptr;
}

// A call for the few packets that are looked at. Later fragments begin in the middle of
// what they carry.
[[gnu::always_inline]] inline void Worker::inspect(const source::PacketView& packet,
                                                   const Parsed& parsed,
                                                   WindowReport& report) noexcept {
  const wire::PacketFacts& facts = parsed.facts;
  if (facts.payload.empty() || facts.fragment == wire::Fragment::kLater) return;
  if (facts.family == wire::Family::kIpv4) [[likely]] {
    Inspection* const state =
        wanted(inspector_, v4_, facts.key_v4, parsed.hash, parsed.slot, facts);
    if (state != nullptr) inspect(widen(facts.key_v4), packet.time_ns, facts, *state, report);
  } else {
    Inspection* const state =
        wanted(inspector_, v6_, facts.key_v6, parsed.hash, parsed.slot, facts);
    if (state != nullptr) inspect(facts.key_v6, packet.time_ns, facts, *state, report);
  }
}

[[gnu::noinline]] void Worker::inspect(const FlowKey& key, TimeNs time_ns,
                                       const wire::PacketFacts& facts, Inspection& state,
                                       WindowReport& report) noexcept {
  const std::span<PayloadFact> found =
      inspector_.inspect(facts.payload, key.protocol, facts.direction, state);
  for (PayloadFact& fact : found) {
    fact.key = key;
    fact.time_ns = time_ns;
    push_fact(fact, report);
  }
}

// What is above a window's share is lost, lest a flood of names become the memory of
// whoever reads them.
void Worker::push_fact(const PayloadFact& fact, WindowReport& report) noexcept {
  if (options_.window_fact_count_max == 0) return;
  ++report.facts_written;
  if (report.facts_written - report.facts_lost > options_.window_fact_count_max) {
    ++report.facts_lost;
    return;
  }
  while (!ring_.push_fact(fact)) {
    if (options_.ring_full == RingFull::kLose) {
      ++report.facts_lost;
      return;
    }
    sched_yield();
  }
}

// As count_packet(), whose checks of time is_in_step() has made for all.
template <bool Inspects>
void Worker::count_in_step() noexcept {
  WindowReport& report = *current_;
  const bool counts_all = options_.shard_count == 1;
  const std::size_t count = batch_.count;
  std::uint64_t received = 0;
  std::uint64_t counted = 0;
  std::uint64_t counted_bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Parsed& parsed = parsed_[i];
    if (!counts_all && !is_ours(parsed)) continue;
    const TimeNs time_ns = batch_.packets[i].time_ns;
    if (received == 0 && time_ns < report.first_ns) report.first_ns = time_ns;
    report.last_ns = time_ns;
    ++received;
    Drop drop = parsed.drop;
    if (drop == Drop::kNone) [[likely]]
      drop = credit(batch_.packets[i], parsed);
    if (drop != Drop::kNone) [[unlikely]] {
      count_drop(report, drop);
      continue;
    }
    ++counted;
    counted_bytes += parsed.facts.ip_bytes;
    if constexpr (Inspects) inspect(batch_.packets[i], parsed, report);
  }
  report.packets.received += received;
  report.packets.counted += counted;
  report.packets.counted_bytes += counted_bytes;
  watermark_ns_ = batch_.packets[count - 1].time_ns;
}

// What is in no flow belongs to the first shard, so that it is counted once.
// True of every packet if there is but one shard.
bool Worker::is_ours(const Parsed& parsed) const noexcept {
  if (parsed.drop != Drop::kNone) return options_.shard == 0;
  // The upper bits choose the slot; taking the lower ones here keeps every
  // shard's flows spread over its whole table.
  return (parsed.hash & 0xffffffff) % options_.shard_count == options_.shard;
}

void Worker::count_packet(const source::PacketView& packet, const Parsed& parsed) noexcept {
  const bool is_out_of_order = packet.time_ns < watermark_ns_;
  if (packet.time_ns > watermark_ns_) {
    if (packet.time_ns >= next_close_ns_) [[unlikely]]
      advance(packet.time_ns);
    watermark_ns_ = packet.time_ns;
  }
  if (!is_ours(parsed)) return;

  const bool is_too_late = packet.time_ns < closed_before_ns_;
  // Its own window's report is gone: it shows in the window in which it came.
  const TimeNs report_ns = is_too_late ? watermark_ns_ : packet.time_ns;
  if (current_ == nullptr || report_ns < window_begin_ns_ || report_ns >= window_end_ns_) {
    enter_window(report_ns);
  }
  ++current_->packets.received;
  if (!is_too_late) {
    if (packet.time_ns < current_->first_ns) current_->first_ns = packet.time_ns;
    if (packet.time_ns > current_->last_ns) current_->last_ns = packet.time_ns;
  }
  Drop drop = parsed.drop;
  if (drop == Drop::kNone) drop = is_too_late ? Drop::kTooLate : credit(packet, parsed);
  if (drop != Drop::kNone) {
    count_drop(*current_, drop);
    return;
  }
  ++current_->packets.counted;
  current_->packets.counted_bytes += parsed.facts.ip_bytes;
  current_->packets.out_of_order += static_cast<std::uint64_t>(is_out_of_order);
  if (inspector_.is_on()) inspect(packet, parsed, *current_);
}

// A window is told the highest level at which it lost a packet.
void Worker::count_drop(WindowReport& report, Drop drop) const noexcept {
  ++report.packets.dropped[static_cast<std::size_t>(drop)];
  if (drop == Drop::kShed) report.shed_level = std::max(report.shed_level, shedder_.level());
}

// A window closes when packet time has passed its end by the lateness bound.
// REQUIRES: time_ns > watermark_ns_.
void Worker::advance(TimeNs time_ns) noexcept {
  watermark_ns_ = time_ns;
  if (time_ns < next_close_ns_) return;
  closed_before_ns_ =
      window_of(time_ns - options_.lateness_ns, options_.window_ns) * options_.window_ns;
  next_close_ns_ = closed_before_ns_ + options_.window_ns + options_.lateness_ns;
  if (sweep_ == Sweep::kNone) start_sweep();
}

void Worker::enter_window(TimeNs time_ns) noexcept {
  const WindowIndex window = window_of(time_ns, options_.window_ns);
  current_ = &report_of(window);
  window_begin_ns_ = window * options_.window_ns;
  window_end_ns_ = window_begin_ns_ + options_.window_ns;
}

WindowReport& Worker::report_of(WindowIndex window) noexcept {
  WindowReport* report = open_.find(window);
  if (report != nullptr) return *report;
  report = open_.open(window);
  while (report == nullptr) {
    // Packet time ran ahead of the sweep, as in a capture with more gaps than
    // packets. What the lateness bound lets stay open is less than the room.
    complete_sweep();
    report = open_.open(window);
  }
  report->first_ns = kAfterAll;
  report->last_ns = kBeforeAll;
  return *report;
}

void Worker::start_sweep() noexcept {
  sweep_before_ns_ = closed_before_ns_;
  sweep_position_ = 0;
  const WindowIndex window = window_of(sweep_before_ns_, options_.window_ns);
  sweep_ = open_.earliest_before(window) != nullptr ? Sweep::kV4 : Sweep::kReport;
  // Here and not at once: a flow whose share of this window is spent would be passed over.
  if (payload::Inspector* const next = offered_.load(std::memory_order_acquire)) [[unlikely]] {
    inspector_.exchange(*next);
    offered_.store(nullptr, std::memory_order_release);
  }
}

void Worker::continue_sweep() noexcept {
  const auto emit_record = [this](const FlowRecord& record) noexcept { emit(record); };
  if (sweep_ == Sweep::kV4) {
    if (v4_.sweep(&sweep_position_, {}, sweep_before_ns_, emit_record)) sweep_ = Sweep::kV6;
  } else if (sweep_ == Sweep::kV6) {
    if (v6_.sweep(&sweep_position_, {}, sweep_before_ns_, emit_record)) sweep_ = Sweep::kReport;
  } else if (push_reports()) {
    sweep_ = Sweep::kNone;
    if (closed_before_ns_ > sweep_before_ns_) start_sweep();
  }
}

void Worker::complete_sweep() noexcept {
  while (sweep_ != Sweep::kNone) {
    const Sweep before = sweep_;
    continue_sweep();
    // Only a full report queue makes no progress, and only the reader can help.
    if (before == Sweep::kReport && sweep_ == Sweep::kReport) sched_yield();
  }
}

// False if the queue is full: then the rest goes with the next step.
bool Worker::push_reports() noexcept {
  flush();
  const WindowIndex window = window_of(sweep_before_ns_, options_.window_ns);
  while (WindowReport* const report = open_.earliest_before(window)) {
    if (report->first_ns == kAfterAll) {  // it saw latecomers only, none of its own packets
      report->first_ns = 0;
      report->last_ns = 0;
    }
    if (!ring_.push_report(*report)) return false;
    if (report == current_) current_ = nullptr;
    open_.close(*report);
  }
  ring_.complete_through(window - 1);
  return true;
}

void Worker::finish() noexcept {
  options_.ring_full = RingFull::kWait;  // nothing comes after: waiting delays nobody
  complete_sweep();
  // A bound above every window, yet one whose successor can still be computed.
  closed_before_ns_ = kAfterAll / options_.window_ns * options_.window_ns;
  start_sweep();
  complete_sweep();
  ring_.complete_through(RecordRing::kAllComplete);
}

void Worker::emit(const FlowRecord& record) noexcept {
  out_[out_count_] = record;
  ++out_count_;
  ++report_of(record.window).records_written;
  if (out_count_ == out_.size()) flush();
}

void Worker::flush() noexcept {
  std::span<const FlowRecord> left(out_.data(), out_count_);
  out_count_ = 0;
  left = left.subspan(ring_.push_records(left));
  while (!left.empty() && options_.ring_full == RingFull::kWait) {
    sched_yield();
    left = left.subspan(ring_.push_records(left));
  }
  for (const FlowRecord& record : left) {
    WindowReport& report = report_of(record.window);
    ++report.records_lost;
    report.packets_lost += record.packets[0] + record.packets[1];
  }
}

}  // namespace mimir
