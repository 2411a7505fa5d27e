// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "tools/simulator/random.h"
#include "tools/simulator/tap.h"

namespace mimir::simulator {

/// The least that a tap at 10 Gbit/s sees between two packets.
inline constexpr TimeNs kBetweenPacketsNs = 300;

enum class Side : std::uint8_t { kClient, kServer };

/// One-way delays between either end and the place where packets are seen.
struct Delay {
  TimeNs client_ns = 0;
  TimeNs server_ns = 0;
};

/// When the receiver says that it got the end of a message.
enum class Acknowledge : std::uint8_t {
  kNow,
  kWithReply,  ///< in the reply, or after 40 ms (RFC 1122 §4.2.3.2); the reply must follow
};

/// A TCP connection: handshake, segments within a growing congestion window, an
/// acknowledgement for every second segment, FINs. Times that go in and come out are
/// those of the sender and of the receiver; what the tap sees lies between.
///
/// Where the tap is on the node itself, segments are as large as the kernel hands
/// them to the card, and are acknowledged as it merges them.
///
/// A lost segment is the last of its flight: it is sent again when the retransmission
/// timer ends (RFC 6298), and the flight goes on then. The tap sees it twice.
///
/// A side whose program dies resets the connection at that moment; what either would have
/// sent from then on is not seen, though times go on as if it were.
///
/// Invariant: the packets of one direction are seen in the order they were sent.
class Connection {
 public:
  static constexpr TimeNs kBusy = std::numeric_limits<TimeNs>::max();

  Connection(Tap& tap, Random& random, Endpoint client, Endpoint server, const Route& route,
             Delay delay);

  /// The share of data segments that are lost behind the tap; none if never called.
  void set_loss(double loss) { loss_ = loss; }

  /// The program of that side dies at `time_ns`, whatever is under way then. REQUIRES:
  /// nothing is to be seen after that which the tap has let go already: who keeps the
  /// connection beyond it calls reset() at that moment.
  void set_death(Side side, TimeNs time_ns);

  /// Returns when the client may send.
  TimeNs open(TimeNs time_ns);

  /// Nobody listens: the SYN is answered by a reset, as a kernel without a socket for it
  /// gives (RFC 9293 §3.10.7.1). Returns when the client knows.
  TimeNs open_refused(TimeNs time_ns);

  /// Nobody is there: the SYN comes again after 1, 3 and 7 s, as Linux repeats it, as long
  /// as that is before `patience_ns` has passed.
  void open_unanswered(TimeNs time_ns, TimeNs patience_ns);

  /// Returns when the other side holds the whole message. REQUIRES: message.size > 0.
  TimeNs send(Side sender, TimeNs time_ns, const Message& message, Acknowledge acknowledge);

  /// `first` ends it; the other side follows at once.
  void close(TimeNs time_ns, Side first = Side::kClient);

  /// The program of `side` is no more. Nothing is seen of the connection afterwards.
  void reset(Side side, TimeNs time_ns);

  /// The client asks whether the server is still there (RFC 9293 §3.8.4).
  void keep_alive(TimeNs time_ns);

  /// When the last packet of either side was seen.
  [[nodiscard]] TimeNs last_seen_ns() const {
    return std::max(ends_[0].last_seen_ns, ends_[1].last_seen_ns);
  }

  /// kBusy while an exchange is under way, else when the last one ended.
  [[nodiscard]] TimeNs ready_ns() const { return ready_ns_; }
  void set_ready(TimeNs time_ns) { ready_ns_ = time_ns; }

  [[nodiscard]] Endpoint client() const { return ends_[0].endpoint; }
  [[nodiscard]] Endpoint server() const { return ends_[1].endpoint; }

  /// What one side has sent so far and the tap has written or will write.
  struct Sent {
    std::uint64_t ip_bytes = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t packets = 0;
  };
  [[nodiscard]] const Sent& sent(Side side) const { return end(side).sent; }

 private:
  struct End {
    Endpoint endpoint;
    TimeNs delay_ns = 0;
    TimeNs last_seen_ns = 0;
    std::uint32_t next_sequence = 0;
    std::uint32_t acknowledged = 0;  ///< of what the other side sent: in our last packet
    std::uint32_t received = 0;      ///< of what the other side sent: arrived here
    TimeNs received_ns = 0;
    std::uint32_t clock_offset = 0;  ///< of the timestamps
    std::uint32_t last_timestamp = 0;
    std::uint32_t window_segments = 10;  ///< RFC 6928
    std::uint16_t identification = 0;
    std::uint8_t time_to_live = 64;
    std::uint16_t window = 502;
    TimeNs death_ns = kBusy;
    Sent sent;
  };

  [[nodiscard]] End& end(Side side) { return ends_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const End& end(Side side) const { return ends_[static_cast<std::size_t>(side)]; }

  /// `back` is how far before the next sequence number it lies; such a packet does
  /// not move that on.
  void emit(Side sender, TimeNs time_ns, std::uint8_t flags, const Message& message,
            std::size_t offset, std::size_t length, std::uint32_t back = 0);
  void emit(Side sender, TimeNs time_ns, std::uint8_t flags) {
    emit(sender, time_ns, flags, Message{}, 0, 0);
  }
  /// Whether a packet that would be seen at `seen_ns` is, and if not, the reset before it.
  [[nodiscard]] bool is_seen(TimeNs seen_ns);
  /// When the last packet of `sender` reaches the other side: it is held up with
  /// those that the tap saw before it.
  [[nodiscard]] TimeNs arrived_ns(Side sender) const;
  [[nodiscard]] TimeNs reaction_ns();
  void acknowledge_late(Side sender, TimeNs time_ns);
  /// Sends again what has just been sent. Returns when.
  TimeNs send_again(Side sender, TimeNs time_ns, const Message& message, std::size_t offset,
                    std::size_t length);

  Tap* tap_;
  Random* random_;
  Route route_;
  std::array<End, 2> ends_;
  TimeNs ready_ns_ = kBusy;
  double loss_ = 0;
  bool is_reset_ = false;
};

}  // namespace mimir::simulator
