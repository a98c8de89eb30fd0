//! formwright-designer
