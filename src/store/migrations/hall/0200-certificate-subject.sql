-- The desk looks certificates up by subject.
CREATE INDEX certificate_subject ON certificate (subject);
