// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "dataplane/pattern/scanner.h"
#include "dataplane/payload/rule_check.h"
#include "dataplane/record/inspection.h"
#include "dataplane/record/payload_fact.h"

namespace mimir::payload {

/// What is looked for, lent by Signatures, and how far.
struct InspectorOptions {
  const pattern::Database* applications = nullptr;  ///< null: payload is not looked at
  const pattern::Database* rules = nullptr;         ///< null: there are none
  std::span<const RuleTrait> traits{};              ///< by pattern of `rules`
  /// How many packets with payload of a flow and direction are looked at in each base
  /// window; at most Inspection::kLookMax.
  unsigned look_count_max = 4;
  std::size_t byte_count_max = 256;  ///< of each, that are compared with the patterns
  bool keeps_samples = false;        ///< whether a rule's fact has a masked text of its match
  /// What facts call the first rule: sets of rules that are exchanged take turns, see
  /// PayloadFact::kRuleSetSpan.
  std::uint16_t first_rule = 0;
};

/// Reads what packets carry: which application a flow speaks, names its ends gave, and
/// whether a rule matches.
///
/// A flow that speaks DNS is read throughout, because each of its messages is a whole of
/// its own. Of others the first packets with payload of each direction and window are: so a
/// connection that stays open is looked at again and again. What is split over two
/// packets is not put together again.
///
/// Threads: one. No allocation once constructed. Cost: 100 ns and more a packet that is
/// looked at, a few instructions for any other.
class Inspector {
 public:
  static constexpr std::size_t kFactMax = 8;

  explicit Inspector(const InspectorOptions& options) noexcept;

  [[nodiscard]] bool is_on() const noexcept { return options_.applications != nullptr; }
  /// False if there was no memory.
  [[nodiscard]] bool is_usable() const noexcept { return !is_on() || scratch_ != nullptr; }

  /// Each becomes the other. Nothing is allocated or freed.
  void exchange(Inspector& other) noexcept {
    std::swap(options_, other.options_);
    scratch_.swap(other.scratch_);
  }

  /// Whether inspect() has anything to do.
  [[nodiscard]] bool wants(std::span<const std::byte> payload, Direction direction,
                           const Inspection& state) const noexcept {
    return !payload.empty() && (state.look_count(direction) < options_.look_count_max ||
                                state.application == Application::kDns);
  }

  /// Looks at one packet of a flow. The facts it returns lack their key and their time;
  /// they are valid until the next call. REQUIRES: is_on() and wants() it.
  [[nodiscard]] std::span<PayloadFact> inspect(std::span<const std::byte> payload,
                                               std::uint8_t ip_protocol, Direction direction,
                                               Inspection& state) noexcept;

 private:
  struct Found;

  void identify(std::span<const std::byte> payload, std::uint8_t ip_protocol,
                Inspection& state) noexcept;
  [[nodiscard]] Application match_application(std::span<const std::byte> payload,
                                              std::uint8_t ip_protocol) noexcept;
  [[nodiscard]] bool read_dns(std::span<const std::byte> payload,
                              std::uint8_t ip_protocol) noexcept;
  void read_names(std::span<const std::byte> payload, Application application) noexcept;
  void match_rules(std::span<const std::byte> payload, Inspection& state) noexcept;
  void count_match(std::span<const std::byte> payload, std::uint32_t pattern, std::size_t end,
                   Inspection& state) noexcept;
  /// A fact to be filled in, or null if there are enough.
  [[nodiscard]] PayloadFact* new_fact() noexcept;

  InspectorOptions options_;
  pattern::ScratchPtr scratch_;
  std::size_t fact_count_ = 0;
  std::array<PayloadFact, kFactMax> facts_;
};

}  // namespace mimir::payload
