//! The difference of two catalogues as steps, each with its class.
