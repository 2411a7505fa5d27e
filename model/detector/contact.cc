// SPDX-License-Identifier: Apache-2.0
#include "model/detector/contact.h"

#include <algorithm>
#include <array>
#include <optional>

#include "dataplane/record/connection.h"
#include "model/graph/server_ports.h"

namespace mimir::detector {

namespace {

constexpr std::uint8_t kFinFlag = 0x01;
constexpr std::uint8_t kSynFlag = 0x02;
constexpr std::uint8_t kRstFlag = 0x04;
constexpr std::uint8_t kAckFlag = 0x10;

/// An ICMP error quotes an IP header and eight bytes behind it (RFC 792).
constexpr std::uint64_t kErrorBytesMin = 20 + 8 + 20 + 8;
/// Where traceroute sends its datagrams by default.
constexpr std::uint16_t kTraceroutePortMin = 33434;
constexpr std::uint16_t kTraceroutePortMax = 33534;

struct Beginning {
  Probe probe = Probe::kSyn;
  std::size_t client = 0;  ///< index of the direction in which it sends
};

std::optional<Beginning> tcp_beginning(const FlowRecord& record) {
  const Caller caller = caller_of(record.signs);
  if (caller.is_known) {
    const std::size_t client = index(caller.client);
    // Who answers what nobody asked was spoofed, or the mirror shows one way.
    if ((record.signs[client] & kSentSyn) == 0) return std::nullopt;
    return Beginning{.probe = Probe::kSyn, .client = client};
  }
  const std::size_t client = index(record.first_direction);
  const std::uint8_t sent = record.tcp_flags[client];
  const std::uint8_t received = record.tcp_flags[1 - client];
  const bool is_answered = record.packets[1 - client] > 0;
  if (is_answered && (received & (kSynFlag | kFinFlag)) != 0) return std::nullopt;
  if ((sent & (kSynFlag | kRstFlag | kAckFlag)) == 0) {
    if (sent == 0) return Beginning{.probe = Probe::kNull, .client = client};
    return Beginning{.probe = sent == kFinFlag ? Probe::kFin : Probe::kXmas, .client = client};
  }
  if (sent == kAckFlag && received == kRstFlag && record.packets[client] <= 2) {
    return Beginning{.probe = Probe::kAck, .client = client};
  }
  return std::nullopt;
}

std::optional<Beginning> beginning_of(const FlowRecord& record) {
  switch (record.key.protocol) {
    case kProtocolTcp:
      return tcp_beginning(record);
    case kProtocolUdp: {
      const std::size_t client = index(graph::ServerPorts().role_of(record).client);
      if (record.packets[client] == 0) return std::nullopt;
      return Beginning{.probe = Probe::kUdp, .client = client};
    }
    case kProtocolIcmp:
      return Beginning{.probe = Probe::kEcho, .client = index(record.first_direction)};
    default:
      return std::nullopt;
  }
}

Answer answer_of(const FlowRecord& record, const Beginning& begun) {
  const std::size_t server = 1 - begun.client;
  if (begun.probe == Probe::kUdp || begun.probe == Probe::kEcho) {
    return record.packets[server] > 0 ? Answer::kReplied : Answer::kNone;
  }
  if (begun.probe != Probe::kSyn) {
    return record.packets[server] > 0 ? Answer::kRefused : Answer::kNone;
  }
  if ((record.signs[begun.client] & kSentAck) != 0) return Answer::kOpened;
  if ((record.signs[server] & (kSentSynAck | kSentAck)) != 0) return Answer::kHalfOpen;
  return (record.signs[server] & kSentReset) != 0 ? Answer::kRefused : Answer::kNone;
}

/// Whether the next window may tell more of it.
bool may_change(const FlowRecord& record, const Beginning& begun, TimeNs end_ns) {
  const bool is_late = record.last_ns > end_ns - ContactReader::kPatienceNs;
  switch (answer_of(record, begun)) {
    case Answer::kNone:
    case Answer::kHalfOpen:
      return is_late;
    case Answer::kOpened:
      return ((record.signs[0] | record.signs[1]) & (kSentReset | kSentFin)) == 0;
    case Answer::kRefused:
    case Answer::kReplied:
      break;
  }
  return false;
}

/// A network's own broadcast address ends so wherever its prefix is no longer than 24.
bool may_be_broadcast(const Address& address) {
  return address.is_ipv4() && (address.ipv4() & 0xff) == 0xff;
}

FlowKey error_key(const FlowRecord& record) {
  FlowKey key = record.key;
  key.low_port = 0;
  key.high_port = 0;
  key.protocol = kProtocolIcmp;
  return key;
}

}  // namespace

std::string_view name(Probe probe) {
  constexpr std::array<std::string_view, 7> kNames{"syn",  "udp",  "icmp", "fin",
                                                   "null", "xmas", "ack"};
  return kNames[static_cast<std::size_t>(probe)];
}

const FlowRecord* find_flow(std::span<const FlowRecord> records, const FlowKey& key) {
  const auto found = std::lower_bound(
      records.begin(), records.end(), key,
      [](const FlowRecord& record, const FlowKey& wanted) { return record.key < wanted; });
  return found != records.end() && found->key == key ? &*found : nullptr;
}

void ContactReader::settle(const FlowRecord& record, std::span<const FlowRecord> window) {
  const auto begun = beginning_of(record);
  if (!begun) return;
  const bool is_low = begun->client == 0;
  const FlowKey& key = record.key;
  Contact contact{
      .first_ns = record.first_ns,
      .last_ns = record.last_ns,
      .client = resolver_.resolve(is_low ? key.low_address : key.high_address, record.first_ns),
      .server = resolver_.resolve(is_low ? key.high_address : key.low_address, record.first_ns),
      .port = is_low ? key.high_port : key.low_port,
      .protocol = key.protocol,
      .probe = begun->probe,
      .answer = answer_of(record, *begun),
      .sent_packets = record.packets[begun->client],
      .sent_bytes = record.bytes[begun->client],
      .received_packets = record.packets[1 - begun->client],
      .received_bytes = record.bytes[1 - begun->client],
      .client_port = is_low ? key.low_port : key.high_port};
  if (contact.client.place == Place::kNobody || contact.server.place == Place::kNobody) return;
  if (contact.protocol == kProtocolTcp) {
    contact.has_ended = ((record.signs[0] | record.signs[1]) & (kSentReset | kSentFin)) != 0;
  } else if (contact.answer == Answer::kNone) {
    if (may_be_broadcast(contact.server.address)) return;
    if (contact.protocol == kProtocolIcmp) {
      contact.may_be_error = contact.sent_bytes >= kErrorBytesMin * contact.sent_packets;
    } else {
      if (contact.port >= kTraceroutePortMin && contact.port <= kTraceroutePortMax) return;
      const FlowRecord* const error = find_flow(window, error_key(record));
      const std::size_t server = contact.server.address < contact.client.address ? 0 : 1;
      if (error != nullptr && error->packets[server] > 0) contact.answer = Answer::kRefused;
    }
  }
  settled_.push_back(contact);
}

const std::vector<Contact>& ContactReader::read(const Window& window) {
  settled_.clear();
  waiting_.clear();
  auto earlier = pending_.begin();
  for (const FlowRecord& record : window.records) {
    for (; earlier != pending_.end() && earlier->key < record.key; ++earlier) {
      settle(*earlier, window.records);
    }
    if (earlier != pending_.end() && earlier->key == record.key) {
      merge(*earlier, record);
      settle(*earlier, window.records);
      ++earlier;
      continue;
    }
    const auto begun = beginning_of(record);
    if (!begun) continue;
    if (may_change(record, *begun, window.end_ns)) {
      if (waiting_.size() < kPendingMax) {
        waiting_.push_back(record);
        continue;
      }
      ++hurried_count_;
    }
    settle(record, window.records);
  }
  for (; earlier != pending_.end(); ++earlier) settle(*earlier, window.records);
  pending_.swap(waiting_);
  std::stable_sort(settled_.begin(), settled_.end(),
                   [](const Contact& a, const Contact& b) { return a.first_ns < b.first_ns; });
  return settled_;
}

const std::vector<Contact>& ContactReader::flush() {
  Window none;
  none.records = {};
  (void)read(none);
  return settled_;
}

}  // namespace mimir::detector
