// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "tools/simulator/attack.h"
#include "tools/simulator/connection.h"
#include "tools/simulator/payload.h"

namespace mimir::simulator {

/// What carries stolen data over one hop, or for the DNS over the last two.
///
/// Threads: none. Times that go in and come out are those of the two ends.
class Carrier {
 public:
  virtual ~Carrier() = default;

  /// Returns when data can be sent.
  virtual TimeNs open(TimeNs time_ns) = 0;
  /// Returns when the other end has them.
  virtual TimeNs send(std::size_t length, TimeNs time_ns) = 0;
  /// From when on data can leave at once: later than now where an answer is waited for.
  [[nodiscard]] virtual TimeNs free_ns() const { return 0; }
  virtual void close(TimeNs time_ns) = 0;
  /// One entry a hop, with all but the names and the number of the hop.
  [[nodiscard]] virtual std::vector<HopTruth> truth() const = 0;
};

/// The ends of a hop, and what is between.
struct Way {
  Endpoint source;
  Endpoint destination;
  bool is_to_outside = false;
  Delay delay;
};

/// TCP: bytes as they are, POSTs that are answered, or records of TLS.
class StreamCarrier final : public Carrier {
 public:
  StreamCarrier(AttackSpec::Method method, const Way& way, Tap& tap, Random& random,
                Payloads& payloads);

  TimeNs open(TimeNs time_ns) override;
  TimeNs send(std::size_t length, TimeNs time_ns) override;
  [[nodiscard]] TimeNs free_ns() const override { return free_ns_; }
  void close(TimeNs time_ns) override { connection_.close(time_ns); }
  [[nodiscard]] std::vector<HopTruth> truth() const override;

  /// A command and its output, as of somebody at a terminal.
  TimeNs converse(std::size_t length, TimeNs time_ns);

 private:
  [[nodiscard]] Message piece(std::size_t length);

  AttackSpec::Method method_;
  Random& random_;
  Payloads& payloads_;
  Connection connection_;
  std::uint64_t stolen_bytes_ = 0;
  TimeNs free_ns_ = 0;
};

/// UDP, or ICMP echoes that are answered with the same bytes.
class DatagramCarrier final : public Carrier {
 public:
  DatagramCarrier(AttackSpec::Method method, const Way& way, Tap& tap, Random& random,
                  Payloads& payloads);

  TimeNs open(TimeNs time_ns) override { return time_ns; }
  TimeNs send(std::size_t length, TimeNs time_ns) override;
  void close(TimeNs /*time_ns*/) override {}
  [[nodiscard]] std::vector<HopTruth> truth() const override { return {truth_}; }

 private:
  bool emit(TimeNs time_ns, bool is_answer, const Message& message);

  AttackSpec::Method method_;
  Tap& tap_;
  Random& random_;
  Payloads& payloads_;
  Way way_;
  HopTruth truth_;
  std::uint32_t echo_ = 0;           ///< identifier and number of the next
  std::array<TimeNs, 2> last_ns_{};  ///< of requests, and of answers, which hold nothing up
};

/// Data as labels of names of a domain that the thief answers for, as dnscat2 has them:
/// a pod asks the cluster's DNS, which asks on outside.
class DnsCarrier final : public Carrier {
 public:
  /// `service` is the DNS as the pod sees it, `resolver` the pod behind, `upstream`
  /// whom that asks.
  DnsCarrier(Endpoint client, Endpoint service, Endpoint resolver, Endpoint upstream, Tap& tap,
             Random& random, Payloads& payloads);

  TimeNs open(TimeNs time_ns) override { return time_ns; }
  TimeNs send(std::size_t length, TimeNs time_ns) override;
  void close(TimeNs /*time_ns*/) override {}
  [[nodiscard]] std::vector<HopTruth> truth() const override { return {inner_, outer_}; }

 private:
  bool emit(TimeNs time_ns, const HopTruth& hop, bool is_answer, const Route& route,
            std::string_view bytes);

  Tap& tap_;
  Random& random_;
  Payloads& payloads_;
  Endpoint service_;
  HopTruth inner_;
  HopTruth outer_;
};

}  // namespace mimir::simulator
