// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/record/payload_fact.h"
#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// Names that are remembered by two bits each (Bloom, Comm. ACM 13 (1970)). What is told to
/// be new is; a few new ones are taken for known, the more the fuller it is.
class SeenNames {
 public:
  /// Whether the name is new; it is known from then on.
  bool add(Key name) {
    const std::size_t first = name % kBits;
    const std::size_t second = (name >> 32) % kBits;
    const bool is_known = bits_[first] && bits_[second];
    bits_[first] = true;
    bits_[second] = true;
    return !is_known;
  }
  void clear() { bits_.reset(); }

 private:
  static constexpr std::size_t kBits = 2048;
  std::bitset<kBits> bits_;
};

/// Data in the names and answers of DNS, told by how much the names say that nobody asked
/// for before (Ozery, Nadler and Shabtai, "Information-Based Heavy Hitters for Real-Time DNS
/// Data Exfiltration Detection", NDSS 2024). Of a window of ten seconds:
///
///   information   below one registered domain, kNewBytesMin characters in names that are
///                 new within the hour
///   rotation      of one client, kRotationBytesMin characters in new names of kLongNameBytes
///                 on average, whatever their domains
///   downlink      of one client and domain, over five minutes: kRareCountMin questions for
///                 types that ordinary programs hardly ask for (TXT, NULL, ...), and
///                 kRareBytesMin bytes of answers
///   slow          below one registered domain, over the hour kSlowBytesMin characters in
///                 new names whose part below the domain is kLongPartBytes on average
///
/// Names of the cluster itself (`.cluster.local`), of the link (`.local`) and reverse
/// lookups are left out.
///
/// Threads: one owner. Memory: 3 MB, from the start. Cost: that of the window's DNS facts.
class DnsTunnel {
 public:
  static constexpr std::uint64_t kNewBytesMin = 500;
  static constexpr std::uint64_t kRotationBytesMin = 800;
  static constexpr std::uint64_t kRotationNamesMin = 6;
  static constexpr std::uint64_t kLongNameBytes = 60;
  static constexpr std::uint64_t kRareCountMin = 10;
  static constexpr std::uint64_t kRareBytesMin = 600;
  static constexpr std::uint64_t kSlowBytesMin = 3000;
  static constexpr std::uint64_t kLongPartBytes = 24;
  static constexpr std::size_t kDomainCountMax = 4096;
  static constexpr std::size_t kClientCountMax = 4096;

  explicit DnsTunnel(const Resolver& resolver)
      : resolver_(resolver), domains_(kDomainCountMax), clients_(kClientCountMax) {}

  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  /// What names below one domain, or of one client, said.
  struct Speech {
    SeenNames seen;
    std::int64_t hour = 0;
    std::int64_t span = 0;  ///< five minutes
    TimeNs window_ns = 0;
    TimeNs first_ns = 0;
    TimeNs reported_ns = 0;       ///< 0: never
    std::uint64_t new_bytes = 0;  ///< of the window, as the next two
    std::uint64_t new_names = 0;
    std::uint64_t questions = 0;
    std::uint64_t hour_bytes = 0;
    std::uint64_t hour_names = 0;
    std::uint64_t rare_questions = 0;  ///< of the five minutes, as the next
    std::uint64_t rare_bytes = 0;
    Party client;  ///< who asked last
    Party server;

    [[nodiscard]] double rank() const {
      return static_cast<double>(hour_bytes + rare_bytes) +
             static_cast<double>(window_ns) * 1e-18;  // of equals the older one goes
    }
    void enter(TimeNs begin_ns);
    void add_name(Key name, std::uint64_t bytes);
  };

  void see(const PayloadFact& fact, std::vector<Finding>& findings);
  void judge_domain(Speech& domain, const PayloadFact& fact, std::vector<Finding>& findings);
  void judge_client(Speech& client, const PayloadFact& fact, std::vector<Finding>& findings);
  void report(Speech& speech, const PayloadFact& fact, std::string_view variant,
              std::string_view domain, std::vector<Finding>& findings) const;

  const Resolver& resolver_;
  BoundedTable<Speech> domains_;
  BoundedTable<Speech> clients_;
  TimeNs window_ns_ = 0;
};

}  // namespace mimir::detector
