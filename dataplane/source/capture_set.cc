// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_set.h"

#include <algorithm>

namespace mimir::source {

CaptureSet::CaptureSet(const std::vector<std::string>& paths)
    : parts_(paths.size()), holders_(paths.size()) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    parts_[i].path = paths[i];
    look_at(i);
    if (parts_[i].has_packet) order_.push_back(i);
  }
  std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
    return parts_[a].first_ns < parts_[b].first_ns;
  });
}

CaptureSet::~CaptureSet() = default;

void CaptureSet::look_at(std::size_t index) {
  Part& part = parts_[index];
  Holder& holder = holders_[index];
  if (part.path == kStandardInput) {
    holder.file = std::make_unique<const CaptureFile>(CaptureFile::StandardInput{});
    (void)look_into(part, holder.file);
    return;
  }
  std::unique_ptr<const CaptureFile> file;
  const bool is_alone = parts_.size() == 1;
  if (!is_alone) {
    file = std::make_unique<const CaptureFile>(part.path.c_str(), Extent::kBeginning);
    if (look_into(part, file)) return;
  }
  file = std::make_unique<const CaptureFile>(part.path.c_str());
  (void)look_into(part, file);
  if (is_alone) holder.file = std::move(file);
}

// False if what is in memory of it does not tell.
bool CaptureSet::look_into(Part& part, std::unique_ptr<const CaptureFile>& file) const {
  part.opened = file->opened();
  if (part.opened.fault != CaptureFault::kNone) return !file->is_beginning_only();
  CaptureSource source(*file);
  PacketBatch batch;
  part.has_packet = source.poll(batch) == Poll::kMore;
  if (part.has_packet) {
    part.first_ns = batch.packets[0].time_ns;
    part.first_link = batch.link;
    return true;
  }
  part.ended = source.ended();
  return !file->is_beginning_only();
}

bool CaptureSet::is_readable() const noexcept {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.opened.fault == CaptureFault::kNone; });
}

TimeNs CaptureSet::first_ns() const noexcept {
  return order_.empty() ? 0 : parts_[order_.front()].first_ns;
}

LinkType CaptureSet::first_link() const noexcept {
  return order_.empty() ? LinkType::kEthernet : parts_[order_.front()].first_link;
}

const CaptureFile* CaptureSet::acquire(std::size_t index) {
  const std::lock_guard lock(mutex_);
  Holder& holder = holders_[index];
  if (holder.file == nullptr) {
    holder.file = std::make_unique<const CaptureFile>(parts_[index].path.c_str());
  }
  const CaptureState& opened = holder.file->opened();
  if (opened.fault == CaptureFault::kNone) return holder.file.get();
  parts_[index].ended = opened;
  return nullptr;
}

void CaptureSet::release(std::size_t index, const CaptureState& ended) {
  const std::lock_guard lock(mutex_);
  parts_[index].ended = ended;
  Holder& holder = holders_[index];
  if (++holder.readers_gone == reader_count_) holder.file.reset();
}

}  // namespace mimir::source
