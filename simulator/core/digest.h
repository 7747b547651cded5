// A fingerprint of octets that arrive in pieces (SHA-256, FIPS 180-4, by OpenSSL), so that two tries
// of the same message can be recognised without keeping the message.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace fakemx {

class Digest {
public:
    Digest();
    ~Digest();
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;

    void update(std::string_view octets);

    /// The first 16 octets of the digest as 32 lower-case hex digits. Ends the digest: call it once.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fakemx
