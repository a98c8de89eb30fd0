//! Numbers: scales brought together, products, exact sums and averages.

use super::Dialect;
use crate::error::StoreResult;
use crate::sql::SqlBuilder;
use crate::value::{Val, power_of_ten};
use rust_decimal::Decimal;

impl Dialect {
    /// A decimal of scale `from` as one of scale `to`; when digits go, half away from zero.
    pub fn rescale(self, number: SqlBuilder, from: u32, to: u32) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        match self {
            Dialect::Postgres if to < from => {
                sql.push("round(").append(number).push(", ").int(i64::from(to)).push(")");
            }
            Dialect::Sqlite if to > from => {
                sql.push("(").append(number).push(" * ").int(power_of_ten(to - from)?).push(")");
            }
            Dialect::Sqlite if to < from => {
                let power = power_of_ten(from - to)?;
                sql.push("((").append(number.clone()).push(" + CASE WHEN ").append(number).push(" < 0 THEN ");
                sql.int(-(power / 2)).push(" ELSE ").int(power / 2).push(" END) / ").int(power).push(")");
            }
            _ => {
                sql.append(number);
            }
        }
        Ok(sql)
    }

    /// Two decimals brought to one scale, the larger one, which is returned: for comparing, adding, subtracting.
    pub fn align(
        self,
        left: (SqlBuilder, u32),
        right: (SqlBuilder, u32),
    ) -> StoreResult<(SqlBuilder, SqlBuilder, u32)> {
        let scale = left.1.max(right.1);
        Ok((self.rescale(left.0, left.1, scale)?, self.rescale(right.0, right.1, scale)?, scale))
    }

    /// The product of two decimals, at the sum of their scales. On SQLite the digits of both together must be ≤ 18: the
    /// caller sees to it, and multiplies in Rust otherwise.
    pub fn multiply(self, left: SqlBuilder, right: SqlBuilder) -> SqlBuilder {
        let mut sql = self.sql();
        sql.push("(").append(left).push(" * ").append(right).push(")");
        sql
    }

    /// The exact sum, at the scale of its input; [`crate::StoreError::SumOverflow`] past 64 bits on SQLite, never wrong.
    pub fn sum(self, number: SqlBuilder) -> SqlBuilder {
        let mut sql = self.sql();
        sql.push("sum(").append(number).push(")");
        sql
    }

    /// The exact sum that may pass 64 bits, to be read with [`crate::Row::wide_sum`]; it cannot be sorted or compared.
    pub fn sum_wide(self, number: SqlBuilder) -> SqlBuilder {
        match self {
            Dialect::Postgres => self.sum(number),
            Dialect::Sqlite => {
                let mut sql = self.sql();
                sql.push("(sum(").append(number.clone()).push(" / 1000000000) || ':' || sum(");
                sql.append(number).push(" % 1000000000))");
                sql
            }
        }
    }

    /// A count as a number: PostgreSQL counts in another type than numbers are kept in.
    pub fn as_number(self, count: SqlBuilder) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => sql.append(count),
            Dialect::Postgres => sql.push("CAST(").append(count).push(" AS numeric)"),
        };
        sql
    }

    /// The average of numbers of one scale at another, rounded half away from zero; no value where there are none. Whole
    /// numbers all the way, so that nothing is rounded twice.
    ///
    /// # Errors
    /// As [`Dialect::rescale`].
    pub fn average(self, number: SqlBuilder, from: u32, to: u32) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        let (mut sum, mut count) = (self.sql(), self.sql());
        sum.push("sum(").append(number.clone()).push(")");
        count.push("count(").append(number).push(")");
        match self {
            Dialect::Sqlite => {
                let (up, down) = (power_of_ten(to.saturating_sub(from))?, power_of_ten(from.saturating_sub(to))?);
                // q * up + round(r * up / d), where sum = q * d + r
                let mut parts = self.sql();
                parts.push("(").append(count.clone()).push(" * ").int(down).push(")");
                let divisor = parts;
                let mut rest = self.sql();
                rest.push("(").append(sum.clone()).push(" % ").append(divisor.clone()).push(")");
                sql.push("CASE WHEN ").append(count).push(" > 0 THEN ").append(sum.clone()).push(" / ");
                sql.append(divisor.clone()).push(" * ").int(up).push(" + (2 * ").append(rest).push(" * ").int(up);
                sql.push(" + CASE WHEN ").append(sum).push(" < 0 THEN -1 ELSE 1 END * ").append(divisor.clone());
                sql.push(") / (2 * ").append(divisor).push(") END");
            }
            Dialect::Postgres => {
                let scale = power_of_ten(to)?;
                sql.push("CASE WHEN ").append(count.clone()).push(" > 0 THEN sign(").append(sum.clone());
                sql.push(") * div(abs(").append(sum).push(") * 2 * ").int(scale).push(" + ").append(count.clone());
                sql.push(", 2 * ").append(count).push(") * ").literal(&Val::Dec(Decimal::new(1, to), to))?;
                sql.push(" END");
            }
        }
        Ok(sql)
    }
}
