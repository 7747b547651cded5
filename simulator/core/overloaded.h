// Several lambdas as one visitor of a variant.
#pragma once

namespace fakemx {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace fakemx
