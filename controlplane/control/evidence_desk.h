// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/json.h"
#include "dataplane/record/address.h"
#include "dataplane/record/time.h"

namespace mimir::controlplane {

/// Whose next packets somebody wants, and how much of them at most.
struct EvidenceRequest {
  static constexpr std::uint64_t kPacketCountMax = 1'000'000;
  static constexpr std::uint64_t kByteCountMax = std::uint64_t{64} << 20;
  static constexpr TimeNs kDurationMax = 3600 * kNsPerSecond;

  std::optional<Address> address{};  ///< at either end of a flow
  std::optional<Address> other{};    ///< at the other end
  std::optional<std::uint16_t> port{};
  std::optional<std::uint8_t> protocol{};  ///< IANA's number
  std::uint64_t packet_count_max = 1000;
  std::uint64_t byte_count_max = std::uint64_t{4} << 20;
  TimeNs duration_ns = 60 * kNsPerSecond;
};

/// Reads {"address", "other", "port", "protocol", "packets", "bytes", "seconds"}, of which an
/// address or a port must be there. Nothing, with what is wrong in `fault`, if it is no such
/// thing.
[[nodiscard]] std::optional<EvidenceRequest> read_evidence_request(const config::Json& json,
                                                                   std::string& fault);

/// Where packets are asked for as evidence, and fetched: one request at a time, the last
/// one's packets kept in memory until the next.
///
/// Threads: any. Whoever serves people asks and fetches; the control plane takes and brings.
class EvidenceDesk {
 public:
  struct State {
    std::uint64_t number = 0;  ///< of the request, from 1; 0: there was none
    bool is_under_way = false;
    std::uint64_t packet_count = 0;
    std::uint64_t missed_count = 0;  ///< that matched and were beyond its limits
    std::size_t pcap_bytes = 0;
  };

  /// Its number; none if one is under way.
  [[nodiscard]] std::optional<std::uint64_t> request(const EvidenceRequest& request);
  [[nodiscard]] State state() const;
  /// The last request's capture file; empty while there is none.
  [[nodiscard]] std::string pcap() const;

  /// A request that nobody has taken yet.
  [[nodiscard]] std::optional<EvidenceRequest> take();
  void bring(std::string pcap, std::uint64_t packet_count, std::uint64_t missed_count);
  /// No packets come any more: what is under way and whatever is asked for later has none.
  void close();

 private:
  mutable std::mutex mutex_;
  State state_;
  std::optional<EvidenceRequest> waiting_;
  std::string pcap_;
  bool is_closed_ = false;
};

}  // namespace mimir::controlplane
