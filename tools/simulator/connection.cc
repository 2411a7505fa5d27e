// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/connection.h"

#include <algorithm>

namespace mimir::simulator {
namespace {

constexpr TimeNs kDelayedAcknowledgementNs = 40'000'000;
constexpr TimeNs kRetransmissionNs = 200'000'000;  // the least that Linux waits
constexpr std::uint32_t kWindowSegmentsMax = 40;
constexpr TimeNs kSynRepeatNs = kNsPerSecond;  // RFC 6298 §2, doubled each time
constexpr double kReactionNs = 15'000;         // mean time of a kernel to answer

constexpr Side other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }

}  // namespace

Connection::Connection(Tap& tap, Random& random, Endpoint client, Endpoint server,
                       const Route& route, Delay delay)
    : tap_(&tap), random_(&random), route_(route) {
  ends_[0].endpoint = client;
  ends_[1].endpoint = server;
  ends_[0].delay_ns = delay.client_ns;
  ends_[1].delay_ns = delay.server_ns;
  for (End& each : ends_) {
    const std::uint64_t bits = random.next();
    each.next_sequence = static_cast<std::uint32_t>(bits >> 32);
    each.identification = static_cast<std::uint16_t>(bits);
    // A host counts its milliseconds from some hour of its own.
    each.clock_offset = each.endpoint.address * 2654435761U;
  }
  if (route.client == Route::Client::kOutside) ends_[0].time_to_live = 51;
}

void Connection::emit(Side sender, TimeNs time_ns, std::uint8_t flags, const Message& message,
                      std::size_t offset, std::size_t length, std::uint32_t back) {
  End& from = end(sender);
  End& to = end(other(sender));
  const TimeNs seen_ns = std::max(time_ns + from.delay_ns, from.last_seen_ns + kBetweenPacketsNs);
  const bool is_there = is_seen(seen_ns);
  from.last_seen_ns = seen_ns;
  Header header;
  header.source = from.endpoint;
  header.destination = to.endpoint;
  header.time_to_live = from.time_to_live;
  header.identification = from.identification++;
  header.sequence = from.next_sequence - back;
  header.acknowledgement = (flags & kAck) != 0 ? from.received : 0;
  header.flags = flags;
  header.window = (flags & kSyn) != 0 ? 64240 : from.window;
  header.timestamp = static_cast<std::uint32_t>(seen_ns / 1'000'000) + from.clock_offset;
  header.timestamp_echo = (flags & kAck) != 0 ? to.last_timestamp : 0;
  from.last_timestamp = header.timestamp;
  from.acknowledged = from.received;
  const std::uint32_t consumed = (flags & (kSyn | kFin)) != 0 ? 1 : 0;
  if (back == 0) from.next_sequence += static_cast<std::uint32_t>(length) + consumed;
  if (!is_there) return;
  if (tap_->see(seen_ns, header, sender == Side::kClient, route_, message, offset, length)) {
    from.sent.ip_bytes += 20 + ((flags & kSyn) != 0 ? 40U : 32U) + length;
    if (back == 0) from.sent.payload_bytes += length;
    ++from.sent.packets;
    if (back != 0 && length > 0) tap_->count_retransmission();
  }
}

TimeNs Connection::arrived_ns(Side sender) const {
  return end(sender).last_seen_ns + end(other(sender)).delay_ns;
}

TimeNs Connection::reaction_ns() { return static_cast<TimeNs>(random_->exponential(kReactionNs)); }

TimeNs Connection::open(TimeNs time_ns) {
  End& client = end(Side::kClient);
  End& server = end(Side::kServer);
  emit(Side::kClient, time_ns, kSyn);
  time_ns = arrived_ns(Side::kClient) + reaction_ns();
  server.received = client.next_sequence;
  emit(Side::kServer, time_ns, kSyn | kAck);
  time_ns = arrived_ns(Side::kServer) + reaction_ns();
  client.received = server.next_sequence;
  emit(Side::kClient, time_ns, kAck);
  ready_ns_ = time_ns + reaction_ns();
  return ready_ns_;
}

TimeNs Connection::open_refused(TimeNs time_ns) {
  End& server = end(Side::kServer);
  emit(Side::kClient, time_ns, kSyn);
  const End& client = end(Side::kClient);
  // There is no socket whose numbers, clock or window it could have.
  Header header;
  header.source = server.endpoint;
  header.destination = client.endpoint;
  header.flags = kReset | kAck;
  header.acknowledgement = client.next_sequence;
  header.options = TcpOptions::kNone;
  server.last_seen_ns = arrived_ns(Side::kClient) + reaction_ns() + server.delay_ns;
  if (is_seen(server.last_seen_ns)) {
    tap_->see(server.last_seen_ns, header, false, route_, Message{}, 0, 0);
  }
  is_reset_ = true;
  return arrived_ns(Side::kServer) + reaction_ns();
}

void Connection::open_unanswered(TimeNs time_ns, TimeNs patience_ns) {
  emit(Side::kClient, time_ns, kSyn);
  TimeNs wait_ns = kSynRepeatNs;
  for (TimeNs after_ns = wait_ns; after_ns < patience_ns; after_ns += wait_ns) {
    emit(Side::kClient, time_ns + after_ns, kSyn, Message{}, 0, 0, 1);
    wait_ns *= 2;
  }
}

void Connection::set_death(Side side, TimeNs time_ns) { end(side).death_ns = time_ns; }

bool Connection::is_seen(TimeNs seen_ns) {
  const bool is_client = end(Side::kClient).death_ns < end(Side::kServer).death_ns;
  const Side side = is_client ? Side::kClient : Side::kServer;
  const End& first = end(side);
  if (first.death_ns != kBusy && seen_ns >= first.death_ns + first.delay_ns) {
    reset(side, first.death_ns);
  }
  return !is_reset_;
}

void Connection::reset(Side side, TimeNs time_ns) {
  if (is_reset_) return;
  for (End& each : ends_) each.death_ns = kBusy;
  emit(side, time_ns, kReset | kAck);
  is_reset_ = true;
}

void Connection::acknowledge_late(Side sender, TimeNs time_ns) {
  End& from = end(sender);
  if (from.acknowledged == from.received) return;
  const TimeNs due_ns = from.received_ns + kDelayedAcknowledgementNs;
  if (due_ns < time_ns) emit(sender, due_ns, kAck);
}

TimeNs Connection::send_again(Side sender, TimeNs time_ns, const Message& message,
                              std::size_t offset, std::size_t length) {
  const TimeNs way_ns = ends_[0].delay_ns + ends_[1].delay_ns;
  time_ns += std::max(kRetransmissionNs, 3 * way_ns);
  // What arrived before the lost one is acknowledged meanwhile.
  acknowledge_late(other(sender), time_ns);
  emit(sender, time_ns, kPush | kAck, message, offset, length, static_cast<std::uint32_t>(length));
  return time_ns;
}

TimeNs Connection::send(Side sender, TimeNs time_ns, const Message& message,
                        Acknowledge acknowledge) {
  acknowledge_late(sender, time_ns);
  End& from = end(sender);
  End& to = end(other(sender));
  TimeNs answered_ns = 0;  // when the first acknowledgement of this round is back
  std::uint32_t in_round = 0;
  std::uint32_t unanswered = 0;
  for (std::size_t offset = 0; offset < message.size;) {
    if (in_round >= from.window_segments) {
      time_ns = std::max(time_ns, answered_ns);
      from.window_segments = std::min(from.window_segments * 2, kWindowSegmentsMax);
      in_round = 0;
    }
    const std::uint32_t segments_max =
        std::min(from.window_segments - in_round, tap_->offload_segments());
    const std::size_t length = std::min(segments_max * kSegmentBytesMax, message.size - offset);
    const auto segments =
        static_cast<std::uint32_t>((length + kSegmentBytesMax - 1) / kSegmentBytesMax);
    const bool last = offset + length == message.size;
    const bool pushed = last || in_round + segments >= from.window_segments;
    emit(sender, time_ns, pushed ? (kPush | kAck) : kAck, message, offset, length);
    if (loss_ > 0 && random_->chance(loss_)) {
      time_ns = send_again(sender, time_ns, message, offset, length);
    }
    offset += length;
    to.received = from.next_sequence;
    to.received_ns = arrived_ns(sender);
    time_ns += static_cast<TimeNs>(1'200 + random_->exponential(800));
    unanswered += segments;
    const bool owed = unanswered >= 2 || (pushed && !last);
    if (owed || (last && acknowledge == Acknowledge::kNow)) {
      const TimeNs reply_ns =
          to.received_ns + static_cast<TimeNs>(1'000 + random_->exponential(kReactionNs / 4));
      emit(other(sender), reply_ns, kAck);
      if (in_round < 2) answered_ns = arrived_ns(other(sender));
      unanswered = 0;
    }
    in_round += segments;
  }
  return to.received_ns;
}

void Connection::close(TimeNs time_ns, Side first) {
  End& closer = end(first);
  End& follower = end(other(first));
  acknowledge_late(first, time_ns);
  emit(first, time_ns, kFin | kAck);
  time_ns = arrived_ns(first) + reaction_ns();
  follower.received = closer.next_sequence;
  emit(other(first), time_ns, kFin | kAck);
  time_ns = arrived_ns(other(first)) + reaction_ns();
  closer.received = follower.next_sequence;
  emit(first, time_ns, kAck);
  ready_ns_ = kBusy;
}

void Connection::keep_alive(TimeNs time_ns) {
  emit(Side::kClient, time_ns, kAck, Message{}, 0, 0, 1);
  time_ns = arrived_ns(Side::kClient) + reaction_ns();
  emit(Side::kServer, time_ns, kAck);
}

}  // namespace mimir::simulator
