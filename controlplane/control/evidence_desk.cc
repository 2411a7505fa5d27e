// SPDX-License-Identifier: Apache-2.0
#include "controlplane/control/evidence_desk.h"

#include <limits>
#include <utility>

#include "model/entity/address_text.h"

namespace mimir::controlplane {

namespace {

/// One member after the other; the first that is wrong is told of.
class Reader {
 public:
  Reader(const config::Json& json, std::string& fault) : json_(json), fault_(fault) {}

  [[nodiscard]] bool has_failed() const { return !fault_.empty(); }

  void address(const char* key, std::optional<Address>& target) {
    const config::Json* const member = json_.find(key);
    if (member == nullptr || has_failed()) return;
    if (member->string() != nullptr) target = entity::parse_address(*member->string());
    if (!target) fault_ = std::string(key) + " is no address";
  }

  [[nodiscard]] std::optional<std::uint64_t> count(const char* key, std::uint64_t max) {
    const config::Json* const member = json_.find(key);
    if (member == nullptr || has_failed()) return std::nullopt;
    const std::optional<std::uint64_t> value = member->count();
    if (value && *value > 0 && *value <= max) return value;
    fault_ = std::string(key) + " is no number from 1 to " + std::to_string(max);
    return std::nullopt;
  }

 private:
  const config::Json& json_;
  std::string& fault_;
};

}  // namespace

std::optional<EvidenceRequest> read_evidence_request(const config::Json& json, std::string& fault) {
  fault.clear();
  EvidenceRequest request;
  Reader reader(json, fault);
  reader.address("address", request.address);
  reader.address("other", request.other);
  if (const auto port = reader.count("port", std::numeric_limits<std::uint16_t>::max())) {
    request.port = static_cast<std::uint16_t>(*port);
  }
  if (const auto protocol = reader.count("protocol", std::numeric_limits<std::uint8_t>::max())) {
    request.protocol = static_cast<std::uint8_t>(*protocol);
  }
  if (const auto count = reader.count("packets", EvidenceRequest::kPacketCountMax)) {
    request.packet_count_max = *count;
  }
  if (const auto count = reader.count("bytes", EvidenceRequest::kByteCountMax)) {
    request.byte_count_max = *count;
  }
  constexpr std::uint64_t kSecondsMax = EvidenceRequest::kDurationMax / kNsPerSecond;
  if (const auto seconds = reader.count("seconds", kSecondsMax)) {
    request.duration_ns = static_cast<TimeNs>(*seconds) * kNsPerSecond;
  }
  if (fault.empty() && !request.address && !request.port) fault = "whose packets?";
  if (!fault.empty()) return std::nullopt;
  return request;
}

std::optional<std::uint64_t> EvidenceDesk::request(const EvidenceRequest& request) {
  const std::scoped_lock lock(mutex_);
  if (state_.is_under_way) return std::nullopt;
  state_ = {.number = state_.number + 1, .is_under_way = !is_closed_};
  if (!is_closed_) waiting_ = request;
  pcap_.clear();
  return state_.number;
}

EvidenceDesk::State EvidenceDesk::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

std::string EvidenceDesk::pcap() const {
  const std::scoped_lock lock(mutex_);
  return pcap_;
}

std::optional<EvidenceRequest> EvidenceDesk::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, std::nullopt);
}

void EvidenceDesk::bring(std::string pcap, std::uint64_t packet_count, std::uint64_t missed_count) {
  const std::scoped_lock lock(mutex_);
  state_.is_under_way = false;
  state_.packet_count = packet_count;
  state_.missed_count = missed_count;
  state_.pcap_bytes = pcap.size();
  pcap_ = std::move(pcap);
}

void EvidenceDesk::close() {
  const std::scoped_lock lock(mutex_);
  is_closed_ = true;
  state_.is_under_way = false;
  waiting_.reset();
}

}  // namespace mimir::controlplane
