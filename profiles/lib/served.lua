-- Whether a recipient's domain is one of those in a list. postmaster may come without a domain (RFC 5321 §4.5.1). For profiles
-- that answer RCPT by themselves.
return function(domains, domain)
  for _, served in ipairs(domains) do
    if domain:lower() == served then return true end
  end
  return domain == ""
end
