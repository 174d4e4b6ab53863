"""The pages: server-rendered, thin routes over `gateway.service`, one design, Chinese and English."""
