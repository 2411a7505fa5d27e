// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_splitter.h"
#include "controlplane/http/http_client.h"
#include "dataplane/record/time.h"
#include "model/entity/cluster_objects.h"

namespace mimir::controlplane {

/// One kind of objects of one namespace, or of all, kept as the API server has them:
/// listed page by page, then watched from the version that the list has (Kubernetes API
/// concepts, "Efficient detection of changes").
///
///   state      asks                     on its whole answer   on a fault
///   listing    the next page            the next page, or     a pause, then the first page
///                                       watching
///   watching   ?watch from a version    the same again        a pause, then the same; after an
///                                                             ERROR, 410 or nonsense: listing
///
/// Pauses double from kPauseMinNs to kPauseMaxNs, until a watch says something good. What
/// was listed replaces what was known only when the list is whole.
///
/// A kind that may not be read (403) is empty, is said, and is asked for again; whether
/// the others suffice is the owner's to judge.
///
/// Threads: one owner. Pure but for the clock it is given: equal answers at equal times
/// ask equal questions.
class ResourceWatch final : public HttpReader {
 public:
  static constexpr TimeNs kPauseMinNs = kNsPerSecond / 4;
  static constexpr TimeNs kPauseMaxNs = 30 * kNsPerSecond;
  /// Of one page or one event, and of all the objects of one kind.
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kObjectMax = 200'000;
  /// An API server says at least once a minute how far a watch has come.
  static constexpr int kWatchSeconds = 300;

  /// `objects` outlives this. `namespace_name` is empty for all namespaces.
  ResourceWatch(entity::ObjectKind kind, std::string namespace_name,
                entity::ClusterObjects& objects);

  /// What is to be asked at `now_ns`, if anything; its end must be told before the next.
  [[nodiscard]] std::optional<HttpClient::Request> next(TimeNs now_ns);

  void on_status(unsigned status) override;
  [[nodiscard]] bool on_body(std::string_view bytes) override;
  void on_end(const std::string& fault) override;

  /// "pods", "pods of shop".
  [[nodiscard]] std::string name() const;
  /// A list was taken in as a whole, or may not be read.
  [[nodiscard]] bool is_known() const { return is_known_; }
  [[nodiscard]] bool is_forbidden() const { return is_forbidden_; }
  /// When an answer last said something good.
  [[nodiscard]] TimeNs last_heard_ns() const { return last_heard_ns_; }
  [[nodiscard]] std::uint64_t fault_count() const { return fault_count_; }
  /// How often all was listed anew because a version was gone.
  [[nodiscard]] std::uint64_t relist_count() const { return relist_count_; }
  /// The last fault, empty when it is over.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// Whether the objects changed since the last call.
  [[nodiscard]] bool take_change() { return std::exchange(has_changed_, false); }

 private:
  enum class State : std::uint8_t { kListing, kWatching };

  [[nodiscard]] std::string target() const;
  void refuse();
  void fail(std::string what);
  void list_again();
  void pause(bool is_short);
  void take_page();
  void finish_list(const config::Json& page);
  [[nodiscard]] bool take_event(const std::string& text);
  bool stop_watch(std::string what);
  void put(config::Json object, bool is_gone);

  entity::ObjectKind kind_;
  std::string namespace_;
  entity::ClusterObjects& objects_;
  State state_ = State::kListing;
  bool is_asking_ = false;
  bool is_known_ = false;
  bool is_forbidden_ = false;
  bool has_changed_ = false;
  bool heard_something_ = false;  ///< in this answer
  bool needs_list_ = false;       ///< after this answer
  unsigned status_ = 0;
  std::string version_;
  std::string page_token_;
  std::string body_;  ///< of a page, or of a refusal
  std::vector<config::Json> listed_;
  config::JsonSplitter events_{kBytesMax};
  TimeNs now_ns_ = 0;
  TimeNs not_before_ns_ = 0;
  TimeNs pause_ns_ = kPauseMinNs;
  TimeNs last_heard_ns_ = 0;
  std::uint64_t fault_count_ = 0;
  std::uint64_t relist_count_ = 0;
  std::string fault_;
};

}  // namespace mimir::controlplane
