#!/bin/sh
# Cargo runs this with a compiler and its arguments. What crates.io has, cargo compiles with `--cap-lints=allow`,
# under which `-F` says nothing. The first `--cap-lints` is the one that holds: so crates that the policy does not
# vet get one before cargo's.
compiler=$1
shift
case " $MOTE_NOT_VETTED " in
*" $CARGO_PKG_NAME@$CARGO_PKG_VERSION "*) exec "$compiler" --cap-lints=forbid -Funsafe-code "$@" ;;
*) exec "$compiler" "$@" ;;
esac
