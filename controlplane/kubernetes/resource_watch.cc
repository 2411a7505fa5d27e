// SPDX-License-Identifier: Apache-2.0
#include "controlplane/kubernetes/resource_watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

using config::Json;
using entity::ObjectKind;

constexpr unsigned kOk = 200;
constexpr unsigned kUnauthorized = 401;
constexpr unsigned kForbidden = 403;
constexpr unsigned kGone = 410;
constexpr int kPageObjects = 500;
constexpr std::size_t kRefusalBytesMax = 4096;
/// A watch that the server ends is given a little longer than it was asked to last.
constexpr std::chrono::seconds kWatchPatience{ResourceWatch::kWatchSeconds + 30};

const char* path_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kPod:
      return "pods";
    case ObjectKind::kService:
      return "services";
    case ObjectKind::kNode:
      return "nodes";
    case ObjectKind::kEndpoints:
      return "endpoints";
    case ObjectKind::kEndpointSlice:
      break;
  }
  return "endpointslices";
}

std::string text_of(const Json* object, std::string_view key) {
  const Json* const member = object != nullptr ? object->find(key) : nullptr;
  return member != nullptr && member->string() != nullptr ? *member->string() : std::string();
}

/// As a query has it (RFC 3986 §2.1).
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
    if (is_plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

}  // namespace

ResourceWatch::ResourceWatch(ObjectKind kind, std::string namespace_name,
                             entity::ClusterObjects& objects)
    : kind_(kind), namespace_(std::move(namespace_name)), objects_(objects) {}

std::string ResourceWatch::name() const {
  return namespace_.empty() ? path_of(kind_) : fmt::format("{} of {}", path_of(kind_), namespace_);
}

std::string ResourceWatch::target() const {
  std::string target =
      kind_ == ObjectKind::kEndpointSlice ? "/apis/discovery.k8s.io/v1" : "/api/v1";
  if (!namespace_.empty()) target += "/namespaces/" + escaped(namespace_);
  target += fmt::format("/{}", path_of(kind_));
  if (state_ == State::kWatching) {
    return target + fmt::format(
                        "?watch=1&allowWatchBookmarks=true&timeoutSeconds={}"
                        "&resourceVersion={}",
                        kWatchSeconds, escaped(version_));
  }
  target += fmt::format("?limit={}", kPageObjects);
  if (!page_token_.empty()) target += "&continue=" + escaped(page_token_);
  return target;
}

std::optional<HttpClient::Request> ResourceWatch::next(TimeNs now_ns) {
  now_ns_ = now_ns;
  // A clock that was set back must not make a pause longer than the longest.
  not_before_ns_ = std::min(not_before_ns_, now_ns + kPauseMaxNs);
  if (is_asking_ || now_ns < not_before_ns_) return std::nullopt;
  is_asking_ = true;
  heard_something_ = false;
  needs_list_ = false;
  status_ = 0;
  body_.clear();
  events_ = config::JsonSplitter(kBytesMax);
  HttpClient::Request request{.target = target(), .token = {}};
  if (state_ == State::kWatching) request.patience = kWatchPatience;
  return request;
}

void ResourceWatch::on_status(unsigned status) {
  status_ = status;
  // That a watch was granted is news too: nothing has changed since the version.
  if (status != kOk || state_ != State::kWatching) return;
  last_heard_ns_ = now_ns_;
  fault_.clear();
}

bool ResourceWatch::on_body(std::string_view bytes) {
  if (status_ != kOk) {
    body_.append(bytes.substr(0, kRefusalBytesMax - std::min(kRefusalBytesMax, body_.size())));
    return true;
  }
  if (state_ == State::kListing) {
    if (body_.size() + bytes.size() > kBytesMax) return false;
    body_.append(bytes);
    return true;
  }
  events_.add(bytes);
  while (const auto text = events_.next()) {
    if (!take_event(*text)) return false;
  }
  return !events_.is_broken() || stop_watch("what came is no watch event, or too large");
}

void ResourceWatch::on_end(const std::string& fault) {
  is_asking_ = false;
  if (needs_list_ || status_ == kGone) {
    list_again();
  } else if (status_ != 0 && status_ != kOk) {
    refuse();
  } else if (!fault.empty() || status_ == 0) {
    fail(fault);
  } else if (state_ == State::kListing) {
    take_page();
  } else if (events_.is_inside()) {
    fail("the watch ended inside an event");
  } else {
    // Whoever ends every watch at once is not asked in a hurry.
    pause(heard_something_);
  }
}

void ResourceWatch::refuse() {
  config::Diagnostics unheard;
  const auto refusal = config::parse_json(body_, "", unheard);
  std::string what = fmt::format("{} {}", status_, refusal ? text_of(&*refusal, "message") : "");
  if (status_ == kUnauthorized) what += " (is the token in kubernetes.token_file still good?)";
  if (status_ == kForbidden) {
    what += " (config/kubernetes/reader.yaml is what may be read)";
    // What may not be read is nothing; what was read before it was forbidden is stale.
    objects_.erase_all(kind_, namespace_);
    has_changed_ = has_changed_ || !is_forbidden_;
    is_known_ = is_forbidden_ = true;
    state_ = State::kListing;
  }
  fail(std::move(what));
}

void ResourceWatch::pause(bool is_short) {
  not_before_ns_ = now_ns_ + (is_short ? kPauseMinNs : pause_ns_);
  if (!is_short) pause_ns_ = std::min(2 * pause_ns_, kPauseMaxNs);
}

void ResourceWatch::fail(std::string what) {
  fault_ = std::move(what);
  ++fault_count_;
  page_token_.clear();
  listed_.clear();
  pause(false);
}

void ResourceWatch::list_again() {
  ++relist_count_;
  state_ = State::kListing;
  page_token_.clear();
  listed_.clear();
  pause(false);
}

void ResourceWatch::take_page() {
  config::Diagnostics faults;
  const auto page = config::parse_json(body_, name(), faults);
  body_.clear();
  const Json* const items = page ? page->find("items") : nullptr;
  if (items == nullptr || (items->elements() == nullptr && !items->is_null())) {
    return fail("what came is no list");
  }
  if (items->elements() != nullptr) {
    for (const Json& item : *items->elements()) listed_.push_back(item);
  }
  if (listed_.size() > kObjectMax) return fail("there are more than can be kept");
  page_token_ = text_of(page->find("metadata"), "continue");
  if (page_token_.empty()) finish_list(*page);
}

void ResourceWatch::finish_list(const Json& page) {
  version_ = text_of(page.find("metadata"), "resourceVersion");
  if (version_.empty()) return fail("the list has no version");
  objects_.erase_all(kind_, namespace_);
  is_forbidden_ = false;
  last_heard_ns_ = now_ns_;
  fault_.clear();
  for (Json& item : listed_) put(std::move(item), false);
  listed_.clear();
  is_known_ = true;
  has_changed_ = true;
  state_ = State::kWatching;
}

/// False: this watch cannot go on, and only a new list says what is true.
bool ResourceWatch::take_event(const std::string& text) {
  config::Diagnostics faults;
  const auto event = config::parse_json(text, name(), faults);
  const Json* const object = event ? event->find("object") : nullptr;
  const std::string type = event ? text_of(&*event, "type") : std::string();
  if (object == nullptr || type.empty()) return stop_watch("what came is no watch event");
  if (type == "ERROR") {
    return stop_watch(fmt::format("the watch ended: {}", text_of(object, "message")));
  }
  last_heard_ns_ = now_ns_;
  heard_something_ = true;
  pause_ns_ = kPauseMinNs;
  fault_.clear();
  const std::string version = text_of(object->find("metadata"), "resourceVersion");
  if (!version.empty()) version_ = version;
  if (type != "BOOKMARK") put(*object, type == "DELETED");
  return true;
}

bool ResourceWatch::stop_watch(std::string what) {
  needs_list_ = true;
  ++fault_count_;
  fault_ = std::move(what);
  return false;
}

void ResourceWatch::put(Json object, bool is_gone) {
  has_changed_ = true;
  // The objects of a list do not say of which kind they are.
  object.set("kind", std::string(entity::name_of(kind_)));
  if (is_gone) return objects_.erase(object);
  config::Diagnostics faults;
  if (objects_.put(object, "kubernetes", name(), faults)) return;
  ++fault_count_;
  fault_ = faults.all().front().message;
}

}  // namespace mimir::controlplane
