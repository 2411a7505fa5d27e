// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/record/flow_record.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// What a flow began with.
enum class Probe : std::uint8_t {
  kSyn,   ///< TCP as RFC 9293 has it
  kUdp,   ///< a datagram
  kEcho,  ///< ICMP
  kFin,   ///< FIN alone, which no connection begins with; so the next three
  kNull,  ///< no flag at all
  kXmas,  ///< flags without ACK, SYN and RST, but more than FIN
  kAck,   ///< ACK alone, answered with RST alone
};

[[nodiscard]] std::string_view name(Probe probe);

/// What came of it.
enum class Answer : std::uint8_t {
  kNone,      ///< nothing came back
  kRefused,   ///< RST, or an ICMP error to a datagram
  kHalfOpen,  ///< SYN-ACK, and the caller never took it up
  kOpened,    ///< TCP: the caller went on
  kReplied,   ///< UDP, ICMP: both spoke
};

/// The beginning of a conversation, told from the side that began it.
struct Contact {
  TimeNs first_ns = 0;
  TimeNs last_ns = 0;  ///< seen so far
  Party client;
  Party server;
  std::uint16_t port = 0;  ///< the server's; 0 of ICMP
  std::uint8_t protocol = 0;
  Probe probe = Probe::kSyn;
  Answer answer = Answer::kNone;
  bool has_ended = false;     ///< TCP: FIN or RST was seen
  bool may_be_error = false;  ///< unanswered ICMP, large enough to quote a datagram
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_packets = 0;
  std::uint64_t received_bytes = 0;
  std::uint16_t client_port = 0;

  [[nodiscard]] bool has_failed() const {
    return answer == Answer::kNone || answer == Answer::kRefused;
  }
  [[nodiscard]] bool is_stealth() const {
    return probe == Probe::kFin || probe == Probe::kNull || probe == Probe::kXmas;
  }
};

/// Reads the contacts out of windows.
///
/// A contact is handed on once what came of it is known: at once if it was refused or
/// has ended, if nothing came back within kPatienceNs, else with the next window, in
/// which its flow may go on. A connection whose beginning was not seen is no contact.
/// Nor is what goes to several at once, a SYN-ACK that answers nothing (backscatter),
/// traceroute's datagrams, or ICMPv6, whose neighbour discovery no counter tells from
/// an echo.
///
/// Threads: one owner. Memory: at most kPendingMax records wait; what comes beyond
/// is judged as it stands and counted.
class ContactReader {
 public:
  static constexpr TimeNs kPatienceNs = 3 * kNsPerSecond;
  static constexpr std::size_t kPendingMax = std::size_t{1} << 16;

  explicit ContactReader(const Resolver& resolver) : resolver_(resolver) {}

  /// The contacts that this window settles, in order of their beginning; valid until
  /// the next call.
  [[nodiscard]] const std::vector<Contact>& read(const Window& window);
  /// Those that still wait, as they stand.
  [[nodiscard]] const std::vector<Contact>& flush();

  [[nodiscard]] std::uint64_t hurried_count() const { return hurried_count_; }

 private:
  void settle(const FlowRecord& record, std::span<const FlowRecord> window);

  const Resolver& resolver_;
  std::vector<FlowRecord> pending_;  ///< ascending by key
  std::vector<FlowRecord> waiting_;
  std::vector<Contact> settled_;
  std::uint64_t hurried_count_ = 0;
};

/// The flow's record in `records`, which ascend by key; null if it is not there.
[[nodiscard]] const FlowRecord* find_flow(std::span<const FlowRecord> records, const FlowKey& key);

}  // namespace mimir::detector
