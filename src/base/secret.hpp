// A stream key or password. It cannot be printed, formatted or logged; whoever needs the bytes says so
// with `reveal()`, which is easy to find in a review.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();  // wipes the bytes

  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }

  // Takes the same time wherever the first difference is (for equal lengths).
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  std::string bytes_;
};

}  // namespace sluice
